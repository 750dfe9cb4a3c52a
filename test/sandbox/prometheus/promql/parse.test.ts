import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Expression } from '#src/sandbox/prometheus/promql/expression.ts';
import { parseQuery } from '#src/sandbox/prometheus/promql/parse.ts';
import { PromqlError } from '#src/sandbox/prometheus/promql/promql-error.ts';

/** The expression with every operation in parentheses, so that precedence can be read. */
const shape = (expression: Expression): string => {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'string':
      return JSON.stringify(expression.value);
    case 'parentheses':
      return shape(expression.body);
    case 'selector':
      return `${expression.matchers[0]?.value}${expression.offsetMs === 0 ? '' : `@-${expression.offsetMs}`}`;
    case 'range':
      return `${shape(expression.selector)}[${expression.rangeMs}]`;
    case 'call':
      return `${expression.name}(${expression.args.map(shape).join(', ')})`;
    case 'aggregate':
      return `${expression.operator}(${shape(expression.body)})`;
    case 'negation':
      return `-(${shape(expression.body)})`;
    case 'binary':
      return `(${shape(expression.left)} ${expression.operator} ${shape(expression.right)})`;
  }
};

describe('precedence', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['a or b and c unless d', '(a or ((b and c) unless d))'],
    ['a - b >= 0 or c', '(((a - b) >= 0) or c)'],
    ['a + b * c ^ d ^ e', '(a + (b * (c ^ (d ^ e))))'],
    ['a - b - c', '((a - b) - c)'],
    ['-a ^ 2 * b', '(-((a ^ 2)) * b)'],
    ['-1 ^ 2', '-((1 ^ 2))'],
    ['2 ^ -1', '(2 ^ -1)'],
    ['a - -1', '(a - -1)'],
    // The editor's grammar hangs these on everything to their left.
    ['a - b offset 30s', '(a - b@-30000)'],
    ['a - b offset 30s >= 0 or c', '(((a - b@-30000) >= 0) or c)'],
    ['a - b offset 30s * c', '(a - (b@-30000 * c))'],
    ['a unless rate(b[5m] offset 1m)', '(a unless rate(b@-60000[300000]))'],
    ['sum(a) / sum(b offset 1m) > 2', '((sum(a) / sum(b@-60000)) > 2)'],
    ['a offset -1m30s', 'a@--90000'],
    ['(a - b) * c', '((a - b) * c)'],
    ['sum by (x) (a) + sum(a) without (y)', '(sum(a) + sum(a))'],
  ];
  for (const [query, wanted] of cases) it(query, () => assert.equal(shape(parseQuery(query)), wanted));
});

describe('literals', () => {
  const cases: readonly (readonly [string, number | string])[] = [
    ['0x1F', 31],
    ['1e3', 1000],
    ['.5', 0.5],
    ['1_000', 1000],
    ['Inf', Number.POSITIVE_INFINITY],
    ['-inf', Number.NEGATIVE_INFINITY],
    ['1m30s', 90],
    ['"a\\n\\"\\x41\\u00e4\\101\\\\"', 'a\n"AäA\\'],
    ["'it\\'s'", "it's"],
    ['`a\\n`', 'a\\n'],
  ];
  for (const [query, wanted] of cases) {
    it(query, () => {
      const expression = parseQuery(query);
      assert.ok(expression.kind === 'number' || expression.kind === 'string');
      assert.equal(expression.value, wanted);
    });
  }
});

describe('refuses', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    // What is no PromQL.
    ['', /no expression|empty/],
    ['sum(', /unexpected end/],
    ['a{b="1"', /unexpected end/],
    ['a b', /unexpected "b"/],
    ['{}', /at least one non-empty matcher/],
    ['{x=~".*"}', /at least one non-empty matcher/],
    ['a{__name__="b"}', /metric name must not be set twice/],
    ['a{b=~"("}', /error parsing regexp/],
    ['a{b="\\d"}', /Unknown escape sequence \\d/],
    ['rate(a)', /expected type range vector in call to function "rate", got instant vector/],
    ['sum(a[5m])', /expected type instant vector/],
    ['rate(a[5m], 1)', /expected 1 argument/],
    ['sum(a, b)', /wrong number of arguments/],
    ['1 > 2', /must use BOOL/],
    ['1 and a', /set operator "and" not allowed/],
    ['a + bool b', /bool modifier can only be used on comparison/],
    ['a[5m] + 1', /only scalar and instant vector types/],
    ['1 + on(x) a', /vector matching only allowed between instant vectors/],
    ['(a)[5m]', /ranges only allowed for vector selectors/],
    ['(a) offset 5m', /offset modifier must be preceded/],
    ['a offset 1m offset 1m', /offset may not be set multiple times/],
    ['a[0s]', /duration must be greater than 0/],
    ['-"x"', /unary expression only allowed/],
    // What a real Prometheus does and the sandbox does not.
    ['a @ 5', /The sandbox's PromQL has no @ modifier/],
    ['a[5m:1m]', /no subqueries/],
    ['topk(1, a)', /no aggregation topk/],
    ['predict_linear(a[5m], 1)', /no function predict_linear\(\)/],
    ['a + on(x) group_left b', /no group_left/],
    ['a atan2 b', /no operator atan2/],
    ['a[5m + 1m]', /no arithmetic in durations/],
    ['{"a.b"}', /no quoted label names/],
  ];
  for (const [query, wanted] of cases) {
    it(query, () =>
      assert.throws(
        () => parseQuery(query),
        (error: unknown) => {
          assert.ok(error instanceof PromqlError);
          assert.equal(error.kind, 'parse');
          assert.match(error.message, wanted);
          return true;
        },
      ),
    );
  }

  it('says where', () => {
    assert.throws(() => parseQuery('sum(rate(a[5m]) b'), /^PromqlError: 1:17: parse error: unexpected "b"/);
  });
});
