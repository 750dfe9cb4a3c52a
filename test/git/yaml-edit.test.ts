import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '#src/git/refusal.ts';
import { commentAt, editYaml } from '#src/git/yaml-edit.ts';
import type { YamlPath } from '#src/git/yaml-locate.ts';

type Case = {
  readonly name: string;
  readonly before: string;
  readonly path?: YamlPath;
  readonly document?: number;
  readonly from?: string;
  readonly to?: string;
  /** The expected text, or the words of the refusal. */
  readonly after?: string;
  readonly refused?: RegExp;
};

/** As Flux fills in after the build. */
const VARIABLE = 'app:$'.concat('{TAG}');

/** Unless a case says otherwise, `image: app:1` at the top becomes `app:2`. */
const CASES: readonly Case[] = [
  { name: 'plain', before: 'image: app:1\n', after: 'image: app:2\n' },
  { name: 'comment behind', before: 'image: app:1   # bot: app:1\n', after: 'image: app:2   # bot: app:1\n' },
  { name: 'no newline at the end', before: 'a: 1\nimage: app:1', after: 'a: 1\nimage: app:2' },
  { name: 'CRLF', before: 'a: 1\r\nimage: app:1\r\nb: 2\r\n', after: 'a: 1\r\nimage: app:2\r\nb: 2\r\n' },
  { name: 'mixed line ends', before: 'a: 1\r\nimage: app:1\nb: 2\r\n', after: 'a: 1\r\nimage: app:2\nb: 2\r\n' },
  { name: 'byte order mark', before: '\uFEFFimage: app:1\n', after: '\uFEFFimage: app:2\n' },
  { name: 'spaces at line ends', before: 'a: 1  \nimage: app:1  \t\n', after: 'a: 1  \nimage: app:2  \t\n' },
  { name: 'tab before the comment', before: 'image: app:1\t# x\n', after: 'image: app:2\t# x\n' },
  { name: 'many spaces before the value', before: 'image:      app:1\n', after: 'image:      app:2\n' },
  { name: 'single quotes', before: "image: 'app:1' # x\n", after: "image: 'app:2' # x\n" },
  { name: 'double quotes', before: 'image: "app:1"\n', after: 'image: "app:2"\n' },
  { name: 'escape in double quotes', before: 'image: "app\\x3a1"\n', after: 'image: "app:2"\n' },
  {
    name: 'a quote into single quotes',
    before: "image: 'app:1'\n",
    to: "it's",
    after: "image: 'it''s'\n",
  },
  {
    name: 'a list in a map in a list, not indented',
    before: 'c:\n- name: x\n  image: app:1\n- name: y\n  image: app:1\n',
    path: ['c', 1, 'image'],
    after: 'c:\n- name: x\n  image: app:1\n- name: y\n  image: app:2\n',
  },
  { name: 'flow map', before: 'c: {image: app:1, b: 2}\n', path: ['c', 'image'], after: 'c: {image: app:2, b: 2}\n' },
  {
    name: 'JSON',
    before: '{"c": [{"image": "app:1"}]}',
    path: ['c', 0, 'image'],
    after: '{"c": [{"image": "app:2"}]}',
  },
  {
    name: 'flow map over several lines',
    before: 'c: {\n  image: app:1 ,\n  b: 2\n  }\n',
    path: ['c', 'image'],
    after: 'c: {\n  image: app:2 ,\n  b: 2\n  }\n',
  },
  {
    name: 'a comma in flow needs quotes',
    before: 'c: {image: app:1}\n',
    path: ['c', 'image'],
    to: 'a,b',
    after: 'c: {image: "a,b"}\n',
  },
  { name: 'a comma outside flow needs none', before: 'image: app:1\n', to: 'a,b', after: 'image: a,b\n' },
  { name: 'short SHA that looks like a float', before: 'image: app:1\n', to: '1234e56', after: 'image: "1234e56"\n' },
  { name: 'octal of YAML 1.1', before: 'image: app:1\n', to: '0755', after: 'image: "0755"\n' },
  { name: 'octal of YAML 1.2', before: 'image: app:1\n', to: '0o7', after: 'image: "0o7"\n' },
  { name: 'number with underscores', before: 'image: app:1\n', to: '1_000', after: 'image: "1_000"\n' },
  { name: 'base 60', before: 'image: app:1\n', to: '12:30', after: 'image: "12:30"\n' },
  { name: 'Norway', before: 'image: app:1\n', to: 'no', after: 'image: "no"\n' },
  { name: 'date', before: 'image: app:1\n', to: '2026-11-21', after: 'image: "2026-11-21"\n' },
  { name: 'version of two numbers', before: 'image: app:1\n', to: '1.10', after: 'image: "1.10"\n' },
  { name: 'version of three numbers', before: 'image: app:1\n', to: '1.10.0', after: 'image: 1.10.0\n' },
  { name: 'merge key as value', before: 'image: app:1\n', to: '<<', after: 'image: "<<"\n' },
  { name: 'leading indicator', before: 'image: app:1\n', to: '@app', after: 'image: "@app"\n' },
  { name: 'colon and space', before: 'image: app:1\n', to: 'a: b', after: 'image: "a: b"\n' },
  { name: 'space and hash', before: 'image: app:1\n', to: 'a #b', after: 'image: "a #b"\n' },
  { name: 'newline in the new value', before: 'image: app:1\n', to: 'a\nb', after: 'image: "a\\nb"\n' },
  {
    name: 'number that was meant as text',
    before: 'tag: "1.10"\n',
    path: ['tag'],
    from: '1.10',
    to: '1.9',
    after: 'tag: "1.9"\n',
  },
  {
    name: 'empty value with comment',
    before: 'tag:   # bot\nb: 1\n',
    path: ['tag'],
    from: '',
    to: 'v2',
    after: 'tag: v2   # bot\nb: 1\n',
  },
  { name: 'empty value at the end', before: 'a: 1\ntag:', path: ['tag'], from: '', to: 'v2', after: 'a: 1\ntag: v2' },
  { name: 'empty quotes', before: 'tag: ""\n', path: ['tag'], from: '', to: 'v2', after: 'tag: "v2"\n' },
  { name: 'anchor without users', before: 'image: &i app:1\n', after: 'image: &i app:2\n' },
  { name: 'tag', before: 'image: !!str app:1 # x\n', after: 'image: !!str app:2 # x\n' },
  { name: 'anchor and tag', before: 'image: &i !!str "app:1"\n', after: 'image: &i !!str "app:2"\n' },
  { name: 'literal block of one line', before: 'image: |-\n  app:1\nb: 2\n', after: 'image: |-\n  app:2\nb: 2\n' },
  { name: 'folded block of one line, CRLF', before: 'image: >-\r\n    app:1\r\n', after: 'image: >-\r\n    app:2\r\n' },
  { name: 'value on the next line', before: 'image:\n  app:1\n', after: 'image:\n  app:2\n' },
  { name: 'explicit key', before: '? image\n: app:1\n', after: '? image\n: app:2\n' },
  { name: 'quoted key', before: '"image": app:1\n', after: '"image": app:2\n' },
  {
    name: 'second document',
    before: 'image: app:1\n---\n# x\nimage: app:1\n...\n',
    document: 1,
    after: 'image: app:1\n---\n# x\nimage: app:2\n...\n',
  },
  { name: 'empty first document', before: '---\n---\nimage: app:1\n', document: 1, after: '---\n---\nimage: app:2\n' },
  {
    name: 'comment before the first document',
    before: '# top\n---\nimage: app:1\n',
    after: '# top\n---\nimage: app:2\n',
  },
  { name: 'directive', before: '%YAML 1.2\n---\nimage: app:1\n', after: '%YAML 1.2\n---\nimage: app:2\n' },
  {
    name: 'characters beyond 16 bits',
    before: 'a: 😀 # 漢\nimage: app:1 # 😀\n',
    after: 'a: 😀 # 漢\nimage: app:2 # 😀\n',
  },
  {
    name: 'SOPS that leaves plain values out',
    before: 'image: app:1\nsops: {mac: x, mac_only_encrypted: true}\n',
    after: 'image: app:2\nsops: {mac: x, mac_only_encrypted: true}\n',
  },

  { name: 'alias', before: 'a: &i app:1\nimage: *i\n', refused: /^2: image is an alias/ },
  {
    name: 'anchor with users',
    before: 'image: &i app:1\nb: *i\n',
    refused: /would also change what the alias \*i stands for/,
  },
  {
    name: 'path through an alias',
    before: 'a: &m\n  image: app:1\nb: *m\n',
    path: ['b', 'image'],
    refused: /crosses an alias/,
  },
  {
    name: 'map that an alias repeats',
    before: 'a: &m\n  image: app:1\nb: *m\n',
    path: ['a', 'image'],
    refused: /the alias \*m stands for/,
  },
  {
    name: 'map that is merged elsewhere',
    before: 'a: &m {image: app:1}\nb:\n  <<: *m\n',
    path: ['a', 'image'],
    refused: /the alias \*m/,
  },
  { name: 'duplicate key', before: 'image: app:1\nimage: app:1\n', refused: /^2: a key stands twice/ },
  { name: 'duplicate key elsewhere', before: 'image: app:1\nb: 1\nb: 2\n', refused: /^3: a key stands twice/ },
  { name: 'plain over several lines', before: 'image: app\n  b\n', from: 'app b', refused: /goes over several lines/ },
  {
    name: 'quotes over several lines',
    before: 'image: "app\n  b"\n',
    from: 'app b',
    refused: /goes over several lines/,
  },
  { name: 'block of several lines', before: 'image: |\n  a\n  b\n', from: 'a\nb\n', refused: /block of several lines/ },
  {
    name: 'block that cannot hold it',
    before: 'image: |-\n  app:1\n',
    to: 'a\nb',
    refused: /cannot hold the new value/,
  },
  { name: 'map instead of a value', before: 'image: {a: 1}\n', refused: /image is no single value/ },
  { name: 'list instead of a value', before: 'image:\n- a\n', refused: /image is no single value/ },
  { name: 'key that is not there', before: 'a: 1\n', refused: /image does not exist/ },
  { name: 'document that is not there', before: 'image: app:1\n', document: 3, refused: /has no document 4/ },
  { name: 'template', before: 'image: app:1\nb: {{ .x }}\n', refused: /^2: it is a template/ },
  { name: 'substitution', before: `image: ${VARIABLE}\n`, from: VARIABLE, refused: /is filled in elsewhere/ },
  { name: 'SOPS', before: 'image: app:1\nsops:\n  mac: x\n', refused: /encrypted by SOPS/ },
  {
    name: 'flow that only one reader accepts',
    before: 'c: {\n  image: app:1\n}\n',
    path: ['c', 'image'],
    refused: /a second YAML reader does not accept the file/,
  },
  { name: 'no YAML', before: 'image: [app:1\n', refused: /^\d+: / },
  { name: 'tab as indentation', before: 'a:\n\timage: app:1\n', path: ['a', 'image'], refused: /./ },
];

for (const { name, before, path = ['image'], document = 0, from = 'app:1', to = 'app:2', after, refused } of CASES) {
  test(`${refused === undefined ? 'edits' : 'refuses'}: ${name}`, () => {
    const run = (): string => {
      const result = editYaml(Buffer.from(before), { document, path, from, to });
      return result.kind === 'edited' ? result.bytes.toString() : result.kind;
    };
    if (refused === undefined) assert.equal(run(), after);
    else assert.throws(run, (error) => error instanceof Refusal && refused.test(`${error.line}: ${error.message}`));
  });
}

test('an edit is a compare-and-swap', () => {
  const edit = { document: 0, path: ['image'], from: 'app:1', to: 'app:2' };
  assert.deepEqual(editYaml(Buffer.from('image: app:2\n'), edit), { kind: 'unchanged' });
  assert.deepEqual(editYaml(Buffer.from('image: app:3\n'), edit), { kind: 'superseded', found: 'app:3' });
});

test('refuses what is not UTF-8, and what is too large', () => {
  const edit = { document: 0, path: ['image'], from: 'app:1', to: 'app:2' };
  const latin1 = Buffer.from('image: app:1 # \xe9\n', 'latin1');
  assert.throws(() => editYaml(latin1, edit), /it is not UTF-8/);
  const large = Buffer.from(`image: app:1\n# ${'x'.repeat(1024 * 1024)}\n`);
  assert.throws(() => editYaml(large, edit), /larger than 1 MB/);
});

test('reads the comment on the line of a value', () => {
  const bytes = Buffer.from('a: 1 # no\nimage: "app#1" # {"$imagepolicy": "ns:p"}\n');
  assert.equal(commentAt(bytes, { document: 0, path: ['image'] }), '{"$imagepolicy": "ns:p"}');
});
