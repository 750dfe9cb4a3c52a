import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformanceTable } from '#test/cluster/conformance-table.ts';
import type { CaseResult } from './kubernetes-api/report.ts';

const result = (group: string, name: string, fields: Partial<CaseResult> = {}): CaseResult => ({
  api: 'sandbox in process',
  group,
  name,
  passed: true,
  ...fields,
});

test('counts each case once, by its worst run, and names every difference', () => {
  const overHttp = { api: 'sandbox over HTTP' };
  const sandbox = [
    result('apply', 'a'),
    result('apply', 'a', overHttp),
    result('apply', 'b | c'),
    result('apply', 'b | c', { ...overHttp, passed: false }),
    result('watches', 'd'),
    result('watches', 'e'),
  ];
  const real = [
    result('apply', 'a'),
    result('apply', 'b | c'),
    result('watches', 'd', { skipped: true }),
    result('watches', 'e'),
  ];
  assert.equal(
    conformanceTable({ sandbox, real }),
    [
      '| cases of | cases | sandbox | kube-apiserver |',
      '|---|---:|---:|---:|',
      '| apply | 2 | 1, 1 failed | 2 |',
      '| watches | 2 | 2 | 1, 1 left out |',
      '| all | 4 | 3, 1 failed | 3, 1 left out |',
      '',
      '| different | sandbox | kube-apiserver |',
      '|---|---|---|',
      '| apply: b \\| c | failed | passed |',
      '| watches: d | passed | left out |',
      '',
    ].join('\n'),
  );
});

test('says so where there is no difference', () => {
  const results = [result('apply', 'a')];
  assert.match(conformanceTable({ sandbox: results, real: results }), /\n\nNo case comes to another end/);
});
