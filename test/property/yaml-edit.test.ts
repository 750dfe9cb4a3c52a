import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CORE_SCHEMA, load, YAML11_SCHEMA } from 'js-yaml';
import { stringify } from 'yaml';
import { Refusal } from '#src/git/refusal.ts';
import { editYaml } from '#src/git/yaml-edit.ts';
import { isSafePlain } from '#src/git/yaml-scalar.ts';
import { sameJson } from '#src/lib/json.ts';

const numRuns = process.env['SERIN_DEEP'] === '1' ? 20_000 : 300;

/** Texts that YAML readers like to take for something else, and whatever else there is. */
const text = fc.oneof(
  fc.constantFrom(
    'yes',
    'off',
    '~',
    '0755',
    '1e3',
    '1234e56',
    '12:30',
    '2026-11-21',
    '<<',
    '- a',
    'a: b',
    'a #b',
    '',
    ' a',
    '1.10',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.stringMatching(/^[a-z0-9.:/@_-]{1,20}$/),
);
const key = fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,6}$/);
const leaf = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
const tree = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('map')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  map: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
})).map;
const style = fc.record({
  defaultStringType: fc.constantFrom('PLAIN' as const, 'QUOTE_SINGLE' as const, 'QUOTE_DOUBLE' as const),
  collectionStyle: fc.constantFrom('block' as const, 'flow' as const, 'any' as const),
  indent: fc.integer({ min: 2, max: 6 }),
  indentSeq: fc.boolean(),
  crlf: fc.boolean(),
});

test('an accepted edit changes one scalar, one line and nothing else', () => {
  let accepted = 0;
  const property = fc.property(tree, tree, text, text, style, (first, rest, from, to, options) => {
    const { crlf, ...yamlOptions } = options;
    const source = stringify({ ...first, list: [rest, { image: from }] }, { ...yamlOptions, lineWidth: 0 });
    const before = crlf ? source.replaceAll('\n', '\r\n') : source;
    const path = ['list', 1, 'image'];
    let after: string;
    try {
      const result = editYaml(Buffer.from(before), { document: 0, path, from, to });
      if (result.kind === 'unchanged') return assert.equal(from, to);
      assert.equal(result.kind, 'edited');
      after = result.kind === 'edited' ? result.bytes.toString() : '';
    } catch (error) {
      // A refusal is always allowed; anything else is not.
      assert.ok(error instanceof Refusal, String(error));
      return;
    }
    accepted++;
    const expected = { ...first, list: [rest, { image: to }] };
    assert.ok(sameJson(load(after, { schema: CORE_SCHEMA }), expected), after);
    const [old, now] = [before.split('\n'), after.split('\n')];
    assert.equal(old.length, now.length);
    assert.ok(old.filter((line, index) => line !== now[index]).length <= 1);
  });
  fc.assert(property, { numRuns });
  assert.ok(accepted > numRuns / 3, `only ${accepted} of ${numRuns} edits were accepted`);
});

test('what stays plain is a string to readers of YAML 1.1 and 1.2', () => {
  fc.assert(
    fc.property(text, fc.boolean(), (value, inFlow) => {
      if (!isSafePlain(value, inFlow)) return;
      const source = inFlow ? `a: {b: ${value}}` : `a:\n  b: ${value}\n`;
      for (const schema of [CORE_SCHEMA, YAML11_SCHEMA])
        assert.deepEqual(load(source, { schema }), { a: { b: value } });
    }),
    { numRuns: numRuns * 3 },
  );
});
