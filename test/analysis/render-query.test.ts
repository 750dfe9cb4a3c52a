import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { renderQuery } from '#src/analysis/render-query.ts';

const values = new Map([
  ['target', 'app.v2-canary'],
  ['args.quoted', `a"b\\c'd`],
  ['args.lines', 'a\nb'],
  ['args.tick', 'a`b'],
  ['args.number', '0.99'],
  ['args.evil', '1) or vector(0'],
]);
const render = (query: string): string => {
  const { text, problems } = renderQuery(query, { values, kept: new Set(['interval']) });
  assert.deepEqual(problems, []);
  return text;
};

describe('renderQuery escapes a value for its place', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['up{pod="{{ target }}"}', 'up{pod="app.v2-canary"}'],
    ['up{pod=~"{{ target }}-.*"}', 'up{pod=~"app\\\\.v2-canary-.*"}'],
    ["up{pod!~ '{{target}}'}", "up{pod!~ 'app\\\\.v2-canary'}"],
    ['up{pod=~`{{ target }}`}', 'up{pod=~`app\\.v2-canary`}'],
    ['up{a="{{ args.quoted }}"}', `up{a="a\\"b\\\\c'd"}`],
    ["up{a='{{ args.quoted }}'}", `up{a='a"b\\\\c\\'d'}`],
    ['up{a="{{ args.lines }}"}', 'up{a="a\\nb"}'],
    ['up{a="x\\"{{ args.lines }}"}', 'up{a="x\\"a\\nb"}'],
    ['histogram_quantile({{ args.number }}, x)', 'histogram_quantile(0.99, x)'],
    ['rate(x[{{ interval }}])', 'rate(x[{{ interval }}])'],
    ['up{a="{{ variables.lines }}"}', 'up{a="a\\nb"}'],
    ["up # it's {{ target }}\n + {{ args.number }}", "up # it's {{ target }}\n + 0.99"],
    ['up{a="{{ args.evil }}"}', 'up{a="1) or vector(0"}'],
  ];
  for (const [query, wanted] of cases) it(query, () => assert.equal(render(query), wanted));
});

describe('renderQuery names what it cannot fill in', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['{{ targets }}', /Unknown variable "targets": want one of args.evil, .*, interval, target$/],
    ['{{ args.nope }}', /Unknown variable "args.nope"/],
    ['{{ target | upper }}', /Cannot read "{{ target \| upper }}": want one variable/],
    ['up{a="{{ target', /Cannot read "{{ target"/],
    ['sum({{ args.evil }})', /The value of "args.evil" cannot stand outside quotes/],
    ['{{ target }}', /The value of "target" cannot stand outside quotes/],
    ['up{a=`{{ args.tick }}`}', /"args.tick" cannot stand between backticks/],
  ];
  for (const [query, wanted] of cases) {
    it(query, () => {
      const { problems } = renderQuery(query, { values, kept: new Set(['interval']) });
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', wanted);
    });
  }
});

/** What stands between the quotes, where every quote has an odd number of backslashes before it, and the end has none. */
const leaves = (body: string, quote: string): boolean =>
  new RegExp(`(^|[^\\\\])(\\\\\\\\)*(${quote}|\\\\$)`, 's').test(body);

const quoted = (quote: string, operator: string): string => `up{a${operator}${quote}{{ args.x }}${quote}}`;
const between = (text: string, quote: string, operator: string): string =>
  text.slice(`up{a${operator}${quote}`.length, -`${quote}}`.length);

it('a value never leaves its quotes', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('"', "'"), fc.constantFrom('=', '=~'), (value, quote, operator) => {
      const { text } = renderQuery(quoted(quote, operator), { values: new Map([['args.x', value]]) });
      const body = between(text, quote, operator);
      assert.ok(!leaves(body, quote), body);
    }),
  );
});

it('a raw value stands as it is, or is refused where it would leave its quotes', () => {
  let refused = 0;
  const piece = fc.oneof(fc.string(), fc.constantFrom('"', "'", '`', '\\', '\n', '5..'));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), fc.constantFrom('"', "'", '`'), (pieces, quote) => {
      const value = pieces.join('');
      const options = { values: new Map([['args.x', value]]), raw: new Set(['args.x']) };
      const { text, problems } = renderQuery(quoted(quote, '=~'), options);
      const isOut = quote === '`' ? value.includes('`') : leaves(value, quote) || value.includes('\n');
      assert.equal(problems.length, isOut ? 1 : 0, value);
      if (isOut) refused++;
      else assert.equal(between(text, quote, '=~'), value);
    }),
    { numRuns: 500 },
  );
  assert.ok(refused > 20, `${refused} were refused`);
});
