import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { VERB_COMMANDS } from '#src/cli/act/verbs.ts';
import { VERSION } from '#src/cli/version.ts';
import { runSerin } from './run-serin.ts';

const golden = (name: string): string => join(import.meta.dirname, 'golden', `${name}.txt`);
const verbatim = { serializers: [String] };

/** Rewritten by: node --test --test-update-snapshots test/cli/program.test.ts */
for (const command of [
  ...['', 'controller', 'demo', 'get', 'get canary', 'get canaries', 'history', 'completion'],
  ...VERB_COMMANDS.map(({ name }) => name),
]) {
  test(`the help of "serin ${command}" says what it does, with examples`, async (t) => {
    const { code, out, err } = await runSerin([...command.split(' ').filter((word) => word !== ''), '--help']);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /\nExamples:\n {2}/);
    assert.ok(
      out.split('\n').every((line) => line.length <= 80 || line.startsWith('  serin ')),
      'fits 80 columns',
    );
    t.assert.fileSnapshot(out, golden(`help${command === '' ? '' : `-${command.replace(' ', '-')}`}`), verbatim);
  });
}

test('--version is the version and nothing else', async () => {
  assert.deepEqual(await runSerin(['--version']), { code: 0, out: `${VERSION}\n`, err: '' });
});

for (const [argv, says] of [
  [['bogus'], "error: unknown command 'bogus'"],
  [['demmo'], "error: unknown command 'demmo'\n(Did you mean demo?)"],
  [['get', 'pods'], "error: unknown command 'pods'"],
  [['get', 'canary'], "error: missing required argument 'name'"],
  [['get', 'canary', 'a', 'b'], "error: too many arguments for 'canary'. Expected 1 argument but got 2: a, b."],
  [['get', 'canary', 'a', '--bogus'], "error: unknown option '--bogus'"],
  [
    ['get', 'canary', 'a', '-o', 'xml'],
    "error: option '-o, --output <format>' argument 'xml' is invalid. Allowed choices are text, json, yaml, name.",
  ],
  [['abort'], "error: missing required argument 'name'"],
  [['promote', 'a', 'b'], "error: too many arguments for 'promote'. Expected 1 argument but got 2: a, b."],
  [['abort', 'a', '--full'], "error: unknown option '--full'"],
  [['retry', 'a', '--run', '1'], "error: unknown option '--run'"],
  [
    ['completion', 'tcsh'],
    "error: command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.",
  ],
] as const) {
  test(`"serin ${argv.join(' ')}" is refused as wrong usage`, async () => {
    assert.deepEqual(await runSerin(argv), { code: 64, out: '', err: `${says}\n(see --help)\n` });
  });
}

for (const argv of [[], ['get']]) {
  test(`"serin${argv.map((word) => ` ${word}`).join('')}" alone shows the help, as wrong usage`, async () => {
    const { code, out, err } = await runSerin(argv);
    assert.deepEqual([code, out], [64, '']);
    assert.match(err, /^Usage: serin /);
  });
}
