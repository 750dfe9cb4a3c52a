import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { goTemplate } from '#src/analysis/go-template.ts';

// What text/template of Go makes of the same text, where the action is a variable.
const READ: readonly (readonly [string, string])[] = [
  ['a{{ target }}b', 'a{{ target }}b'],
  ['a{{target}}b', 'a{{ target }}b'],
  ['a{{\n\ttarget\n}}b', 'a{{ target }}b'],
  ['a {{- target -}} b', 'a{{ target }}b'],
  ['a\n  {{- target }} b', 'a{{ target }} b'],
  ['a {{ target -}}\n\n b', 'a {{ target }}b'],
  ['a {{ target -}}  {{- interval }}', 'a {{ target }}{{ interval }}'],
  ['{{ variables.queue }}', '{{ variables.queue }}'],
  ['{{variables.queue_2}}', '{{ variables.queue_2 }}'],
  ['{{ (variables).queue }}', '{{ variables.queue }}'],
  ['{{ index variables "queue-2" }}', '{{ variables.queue-2 }}'],
  ['{{ index variables `queue.3` }}', '{{ variables.queue.3 }}'],
  ['{{ (interval) }}', '{{ interval }}'],
  ['a{{/* {{ not this }} */}}b', 'ab'],
  ['a {{- /* nor this */ -}} b', 'ab'],
  [
    'rate(x{a="{{ name }}",b="{{ namespace }}"}[{{ interval }}])',
    'rate(x{a="{{ name }}",b="{{ namespace }}"}[{{ interval }}])',
  ],
  ['up', 'up'],
];

const REFUSED: readonly string[] = [
  '{{ if target }}x{{ end }}',
  '{{ printf "%s" target }}',
  '{{ target | printf "%q" }}',
  '{{ .target }}',
  '{{ $x := target }}',
  '{{ primary }}',
  '{{ variables }}',
  '{{ args.queue }}',
  '{{ index variables "a b" }}',
  '{{ "text" }}',
  '{{- target -}',
  'up{a="{{ target',
  '{{}}',
];

describe("a query in Go's template language", () => {
  for (const [query, text] of READ) it(JSON.stringify(query), () => assert.deepEqual(goTemplate(query), { text }));
  for (const query of REFUSED) {
    it(`refused: ${JSON.stringify(query)}`, () => {
      const read = goTemplate(query);
      assert.ok('problem' in read);
      assert.match(read.problem, /^Cannot read "\{\{/);
    });
  }
});
