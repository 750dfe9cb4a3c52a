import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesSelector } from '#src/workload/label-selector.ts';

const matches = (selector: unknown): boolean => matchesSelector(selector, { app: 'podinfo', tier: 'web' });
const expression = (key: string, operator: string, ...values: readonly string[]): boolean =>
  matches({ matchExpressions: [{ key, operator, values }] });

test('an empty selector matches everything, none matches nothing', () => {
  assert.ok(matches({}));
  assert.ok(!matches(undefined));
});

test('labels and every operator', () => {
  assert.ok(matches({ matchLabels: { app: 'podinfo' } }));
  assert.ok(!matches({ matchLabels: { app: 'podinfo', tier: 'api' } }));
  assert.ok(expression('tier', 'In', 'api', 'web'));
  assert.ok(!expression('zone', 'In', 'a'));
  assert.ok(expression('zone', 'NotIn', 'a'));
  assert.ok(!expression('tier', 'NotIn', 'web'));
  assert.ok(expression('app', 'Exists'));
  assert.ok(!expression('zone', 'Exists'));
  assert.ok(expression('zone', 'DoesNotExist'));
  assert.ok(!expression('app', 'DoesNotExist'));
  assert.ok(!expression('app', 'Like', 'podinfo'));
  assert.ok(!matches({ matchLabels: { app: 'podinfo' }, matchExpressions: [{ key: 'zone', operator: 'Exists' }] }));
});
