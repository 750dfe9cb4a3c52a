import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selects } from '#src/sandbox/workloads/label-selector.ts';

const labels = { app: 'web', tier: 'front' };
const expression = (operator: string, values?: readonly string[], key = 'tier') => ({
  matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }],
});

const cases: readonly (readonly [string, unknown, boolean])[] = [
  ['all of matchLabels', { matchLabels: { app: 'web', tier: 'front' } }, true],
  ['a label with another value', { matchLabels: { app: 'web', tier: 'back' } }, false],
  ['a label that is missing', { matchLabels: { role: 'x' } }, false],
  ['In', expression('In', ['front', 'back']), true],
  ['In without the value', expression('In', ['back']), false],
  ['NotIn', expression('NotIn', ['front']), false],
  ['NotIn of a missing label', expression('NotIn', ['x'], 'role'), true],
  ['Exists', expression('Exists'), true],
  ['DoesNotExist', expression('DoesNotExist'), false],
  ['both parts, one failing', { matchLabels: { app: 'web' }, ...expression('DoesNotExist') }, false],
  ['an empty selector', {}, false],
  ['no selector', undefined, false],
];
for (const [name, selector, want] of cases) {
  test(`${name}: ${want}`, () => assert.equal(selects(selector, labels), want));
}

test('an unknown operator is an error', () => {
  assert.throws(() => selects(expression('Like', ['f']), labels), /operator "Like"/);
});
