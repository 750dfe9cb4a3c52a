import assert from 'node:assert/strict';
import { it } from 'node:test';
import { judgeReading, type Reading } from '#src/analysis/verdict.ts';
import type { MetricCheck } from '#src/rollout/metric-check.ts';
import { aCheck } from './asking.ts';

const cases: readonly (readonly [string, Partial<MetricCheck>, Reading, string, string])[] = [
  ['below min', { min: 99, unit: '%' }, { value: 98.51234 }, 'fail', '98.51 % is below the minimum of 99 %'],
  ['above max', { max: 500, unit: 'ms' }, { value: 612 }, 'fail', '612 ms is above the maximum of 500 ms'],
  ['at min', { min: 99, unit: '%' }, { value: 99 }, 'pass', '99 %, want at least 99 %'],
  ['at max', { max: 0 }, { value: 0 }, 'pass', '0, want at most 0'],
  ['between', { min: 1, max: 3 }, { value: 2 }, 'pass', '2, want at least 1 and at most 3'],
  ['what it was taken from', { max: 1 }, { value: 2, about: '9 jobs' }, 'fail', '2 is above the maximum of 1: 9 jobs'],
  ['just below', { min: 99 }, { value: 98.99999 }, 'fail', '98.99999 is below the minimum of 99'],
  ['NaN', { max: 1 }, { value: Number.NaN }, 'noData', 'No data: not a number (NaN)'],
  ['+Inf above max', { max: 1 }, { value: Number.POSITIVE_INFINITY }, 'fail', 'Infinity is above the maximum of 1'],
  ['+Inf above min', { min: 1 }, { value: Number.POSITIVE_INFINITY }, 'noData', 'No data: +Inf is no measurement'],
  ['-Inf below max', { max: 1 }, { value: Number.NEGATIVE_INFINITY }, 'noData', 'No data: -Inf is no measurement'],
  ['no data', { max: 1 }, { noData: 'idle' }, 'noData', 'No data: idle'],
  ['no data fails', { max: 1, noData: 'fail' }, { noData: 'idle' }, 'fail', 'No data, which counts as failed: idle'],
  ['error', { max: 1, noData: 'fail' }, { error: 'the server is away' }, 'error', 'The server is away'],
  ['no limit', {}, { value: 1 }, 'error', 'No limit to hold the value against'],
];
for (const [title, fields, reading, verdict, message] of cases) {
  it(title, () => {
    const check = aCheck({ kind: 'text', text: 'x' }, fields);
    assert.deepEqual(judgeReading(check, reading), { verdict, message });
  });
}
