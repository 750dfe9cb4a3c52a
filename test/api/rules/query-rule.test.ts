import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryRule } from '#src/api/rules/query-rule.ts';
import { evaluate } from './cel.ts';

const holds = (query: string): boolean => {
  const answer = queryRule.holds({ query });
  assert.equal(evaluate(queryRule.cel, { self: { query } }), answer, query);
  return answer;
};

test('takes braces of PromQL, and variables with any spaces', () => {
  const right = [
    'up',
    'sum(rate(http_requests_total{job="a",code=~"5.{2}"}[{{ interval }}]))',
    'up{namespace="{{namespace}}", pod=~"{{  canary\n}}-.*"}',
    'up{{{ args.label }}="{{ args.value }}"}',
    'lag{queue="{{ variables.queue }}"}',
    'up{',
  ];
  assert.deepEqual(
    right.filter((query) => !holds(query)),
    [],
  );
});

test('refuses what is no variable', () => {
  const wrong = [
    '{{ nmae }}',
    '{{ args }}',
    '{{ args. }}',
    '{{ name',
    '{{}}',
    'up{{ name }',
    '{{ .Name }}',
    '{{ name | lower }}',
  ];
  assert.deepEqual(wrong.filter(holds), []);
});

test('reads a long query in a moment', () => {
  assert.equal(holds(`${'{ '.repeat(2000)}{{ x }}`), false);
  assert.equal(holds(`${'{{ name }}'.repeat(400)}{{`), false);
});
