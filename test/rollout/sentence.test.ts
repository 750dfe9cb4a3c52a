import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CAPS } from '#src/rollout/limits.ts';
import { checkText, outcomeSentence } from '#src/rollout/sentence.ts';
import { spanText, timeMs, timeText } from '#src/rollout/time.ts';
import { aCheck, aShiftedRun, T0 } from './an-observed.ts';

test('a check says its value, its limit and which way it is off', () => {
  assert.equal(checkText(aCheck('fail')), 'request-success-rate 48.2 % is below 99 %');
  assert.equal(checkText(aCheck('pass', { value: 99.98765 })), 'request-success-rate 99.99 %');
  const latency = { name: 'request-duration', at: '', value: 612.4, max: 500, unit: 'ms', verdict: 'fail' } as const;
  assert.equal(checkText(latency), 'request-duration 612.4 ms is above 500 ms');
});

test('a check without a number says why there is none', () => {
  assert.equal(checkText(aCheck('noData')), 'request-success-rate: no requests');
  assert.equal(
    checkText(aCheck('error', { message: 'connection refused' })),
    'request-success-rate: connection refused',
  );
});

test('an outcome says where, after how long and why', () => {
  const sentence = outcomeSentence(aShiftedRun(2, 20), 'RolledBack', { reason: 'it is slow', now: T0 + 14_000 });
  assert.equal(sentence, 'Rolled back at 20 % after 14 s: it is slow');
  const promoted = outcomeSentence(aShiftedRun(2, 0), 'Promoted', { reason: 'it is good', now: T0 + 125_000 });
  assert.equal(promoted, 'Promoted after 2 min 5 s: it is good');
});

test('a sentence has an end', () => {
  const sentence = outcomeSentence(aShiftedRun(2, 20), 'RolledBack', { reason: 'x'.repeat(9_999), now: T0 });
  assert.equal(sentence.length, CAPS.sentence);
});

test('spans are said in at most two units', () => {
  assert.deepEqual([0, 999, 59_000, 60_000, 61_000, 3_600_000, 3_780_000].map(spanText), [
    '0 s',
    '1 s',
    '59 s',
    '1 min',
    '1 min 1 s',
    '1 h',
    '1 h 3 min',
  ]);
});

test('times are read back as they were written, and nothing else is a time', () => {
  assert.equal(timeMs(timeText(T0 + 7)), T0 + 7);
  assert.throws(() => timeMs('yesterday'), { name: 'RangeError', message: /"yesterday": want RFC 3339/ });
});
