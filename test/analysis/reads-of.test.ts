import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Read, readsOf } from '#src/analysis/reads-of.ts';
import { aCheck } from './asking.ts';

const selectors = { requests: 'r{app="canary"}', errors: 'r{app="canary",code=~"5.."}' };
const inText = (text: string): readonly Read[] => readsOf(aCheck({ kind: 'text', text }));

describe('what the window of a check is held against', () => {
  it('is the primary for built-in metrics, then the canary', () => {
    const query = { kind: 'success-rate', selectors, primary: 'r{app="primary"}' } as const;
    assert.deepEqual(readsOf(aCheck(query)), [
      { selector: 'r{app="primary"}', samples: 1 },
      { selector: 'r{app="canary"}', samples: 1 },
    ]);
    assert.deepEqual(readsOf(aCheck({ kind: 'duration', selectors })), [{ selector: selectors.requests, samples: 1 }]);
  });

  const cases: readonly (readonly [string, readonly (readonly [string, number])[]])[] = [
    ['max(lag{queue="a"})', [['lag{queue="a"}', 1]]],
    ['sum(rate(c{code=~"5.."}[{{ interval }}])) or vector(0)', [['c{code=~"5.."}', 2]]],
    ['increase(c[ {{ interval }} ])', [['c', 2]]],
    ['max_over_time(lag[{{ interval }}])', [['lag', 1]]],
    [
      'sum(rate(bad[{{ interval }}])) / sum(rate(all[{{ interval }}]))',
      [
        ['bad', 2],
        ['all', 2],
      ],
    ],
    ['c - c', [['c', 1]]],
    // The length of the window is not what these lack.
    ['sum(rate(c[5m]))', []],
    ['max_over_time(rate(c[{{ interval }}])[{{ interval }}:5s])', [['c', 2]]],
    ['vector(7)', []],
  ];
  for (const [text, wanted] of cases) {
    it(text, () =>
      assert.deepEqual(
        inText(text),
        wanted.map(([selector, samples]) => ({ selector, samples })),
      ),
    );
  }

  it('is no more than four series, and nothing of a query with secrets', () => {
    assert.equal(inText('a + b + c + d + e').length, 4);
    const secretArgs = { key: { namespace: 'shop', name: 'arg', key: 'k' } };
    assert.deepEqual(readsOf(aCheck({ kind: 'text', text: 'x{t="{{ args.key }}"}' }, { secretArgs })), []);
  });
});
