import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckStatus } from '#src/api/canary-status.ts';
import { judgeWindow } from '#src/judge/judge-window.ts';

const check = (name: string, verdict: CheckStatus['verdict'], value?: number): CheckStatus => ({
  name,
  at: '2026-11-21T08:00:00Z',
  verdict,
  ...(value === undefined ? {} : { value }),
});
const rules = [
  { name: 'a', dryRun: false },
  { name: 'b', dryRun: false },
];

test('passes when every metric has answered well', () => {
  assert.deepEqual(judgeWindow([check('a', 'pass', 1), check('b', 'pass', 2)], rules), { verdict: 'pass' });
});

test('one failing metric fails the window, also when another has no data', () => {
  const judgement = judgeWindow([check('a', 'noData'), check('b', 'fail', 3)], rules);
  assert.equal(judgement.verdict, 'fail');
  assert.deepEqual(judgement.verdict === 'fail' && judgement.failing.map(({ name }) => name), ['b']);
});

test('no data, an error, a metric without an answer and a pass without a number are no evidence', () => {
  const cases: readonly (readonly CheckStatus[])[] = [
    [check('a', 'pass', 1), check('b', 'noData')],
    [check('a', 'pass', 1), check('b', 'error')],
    [check('a', 'pass', 1)],
    [check('a', 'pass', 1), check('b', 'pass')],
    [check('a', 'pass', 1), check('b', 'pass', Number.NaN)],
  ];
  for (const checks of cases) {
    const judgement = judgeWindow(checks, rules);
    assert.equal(judgement.verdict, 'noEvidence');
    assert.deepEqual(judgement.verdict === 'noEvidence' && judgement.missing.map(({ name }) => name), ['b']);
  }
});

test('a metric in dry run never counts', () => {
  const dry = [
    { name: 'a', dryRun: false },
    { name: 'b', dryRun: true },
  ];
  assert.equal(judgeWindow([check('a', 'pass', 1), check('b', 'fail', 9)], dry).verdict, 'pass');
  assert.equal(judgeWindow([check('a', 'fail', 1), check('b', 'pass', 9)], dry).verdict, 'fail');
});

test('without metrics a window passes by time alone', () => {
  assert.deepEqual(judgeWindow([], []), { verdict: 'pass' });
});
