import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type KnownLabels, parseExposition } from '#src/sandbox/prometheus/exposition.ts';

it('reads names, labels, escapes and values', () => {
  const text = [
    '# HELP requests_total Requests.',
    '# TYPE requests_total counter',
    'requests_total{code="200",path="a\\"b\\\\c\\nd{}, ="} 12',
    'up 1',
    '',
    'x{} +Inf',
    'y{empty="",} -1.5e3',
    'z NaN',
  ].join('\n');
  assert.deepEqual(parseExposition(text), [
    { labels: { __name__: 'requests_total', code: '200', path: 'a"b\\c\nd{}, =' }, value: 12 },
    { labels: { __name__: 'up' }, value: 1 },
    { labels: { __name__: 'x' }, value: Number.POSITIVE_INFINITY },
    { labels: { __name__: 'y' }, value: -1500 },
    { labels: { __name__: 'z' }, value: Number.NaN },
  ]);
});

const refused: readonly (readonly [string, RegExp])[] = [
  ['a 1\n1b 2', /line 2 of the exposition, "1b 2": want a metric name first/],
  ['a{b=1} 2', /want label="value" pairs/],
  ['a{b="1" c="2"} 2', /want label="value" pairs/],
  ['a{b="1"', /want label="value" pairs/],
  ['a', /want a number/],
  ['a one', /want a number/],
  ['a 1 1700000000000', /timestamps are not supported/],
  ['<html>', /want a metric name first/],
];
for (const [text, wanted] of refused) {
  it(`refuses ${JSON.stringify(text)}`, () =>
    assert.throws(() => parseExposition(text), { name: 'SyntaxError', message: wanted }));
}

it('a target that is read again gets the same label sets, whatever stands in its labels', () => {
  const known: KnownLabels = new Map();
  const text = 'up{path="a b"}1\nup{path="a c"}2\nup{path="a d"} 3\n';
  const first = parseExposition(text, known);
  assert.deepEqual(
    parseExposition(text, known).map(({ labels, value }) => [labels['path'], value]),
    [
      ['a b', 1],
      ['a c', 2],
      ['a d', 3],
    ],
  );
  assert.equal(parseExposition(text, known)[2]?.labels, first[2]?.labels);
  assert.throws(() => parseExposition('up{path="a d"} three', known), { message: /want a number/ });
});
