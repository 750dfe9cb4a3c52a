// `npm test`: lint, types and every test that needs no extra program. `--deep` adds the long property runs.
// Arguments that are files or folders restrict the tests to them.
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differences } from './planes/stored.ts';
import { readVerified } from './planes/verified.ts';

type Part = { readonly name: string; readonly args: readonly string[]; readonly files?: readonly string[] };
type Ended = { readonly name: string; readonly code: number; readonly seconds: number };

const bin = (name: string): string => join('node_modules', '.bin', name);
const deep = process.argv.includes('--deep');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const under = (file: string): boolean => wanted.length === 0 || wanted.some((path) => file.startsWith(path));
// test/cluster needs root, Go and ten minutes: `npm run test:cluster` runs it.
const all = globSync('test/**/*.test.ts')
  .filter((file) => under(file) && !file.startsWith('test/cluster/'))
  .sort();
// nock patches the network of the whole process and the demo needs real time: those run each in their own process.
const isolated = all.filter((file) => /^test\/(wire|e2e)\//.test(file));
const shared = all.filter((file) => !isolated.includes(file) && (deep || !file.endsWith('.deep.test.ts')));
const folder = mkdtempSync(join(tmpdir(), 'serin-test-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const VERIFIED = join(folder, 'verified.jsonl');

/** What the page of data planes says otherwise than this run. */
const outdated = (): readonly string[] => {
  const found = differences('test', readVerified(VERIFIED));
  return found.length === 0 ? [] : [`docs/planes.md, npm run planes writes it anew (${found.join('; ')})`];
};
const reporter = ['--test-reporter=dot', '--test-reporter-destination=stdout'];

const run = (part: Part): Promise<Ended> =>
  new Promise((resolve) => {
    const start = performance.now();
    const env = {
      ...process.env,
      SERIN_VERIFIED: VERIFIED,
      SERIN_TEST_FILES: (part.files ?? []).join('\n'),
      ...(deep ? { SERIN_DEEP: '1' } : {}),
      FORCE_COLOR: process.stdout.isTTY ? '1' : '0',
    };
    const child = spawn(process.execPath, part.args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('close', (code) => {
      const seconds = (performance.now() - start) / 1000;
      const text = Buffer.concat(output).toString();
      process.stdout.write(`${code === 0 ? '✔' : '✖'} ${part.name} (${seconds.toFixed(1)} s)\n`);
      if (code !== 0) process.stdout.write(`${text}\n`);
      resolve({ name: part.name, code: code ?? 1, seconds });
    });
  });

const checks: readonly Part[] =
  wanted.length > 0
    ? []
    : [
        { name: 'lint', args: [bin('biome'), 'check', '--error-on-warnings'] },
        { name: 'types', args: [bin('tsc'), '--noEmit'] },
      ];
const inOneProcess = (name: string, files: readonly string[]): readonly Part[] =>
  files.length === 0
    ? []
    : [
        {
          name: `${name} (${files.length} files)`,
          args: ['--import', './test/loaded.ts', '--test', '--test-isolation=none', ...reporter, ...files],
          files,
        },
      ];
// The whole controller in virtual time is two thirds of the work; in halves both cores have some of it to the end.
const isWhole = (file: string): boolean => file.startsWith('test/controller/');
const whole = shared.filter(isWhole);
const half = (odd: 0 | 1): readonly string[] => whole.filter((_, index) => index % 2 === odd);
const parts: readonly Part[] = [
  ...checks,
  ...inOneProcess('whole controller, one half', half(0)),
  ...inOneProcess('whole controller, the other', half(1)),
  ...inOneProcess(
    'rooms',
    shared.filter((file) => !isWhole(file)),
  ),
  ...(isolated.length === 0
    ? []
    : [
        {
          name: `wire and end-to-end (${isolated.length} files)`,
          args: ['--test', '--test-concurrency=1', ...reporter, ...isolated],
        },
      ]),
];

if (all.length === 0) {
  process.stderr.write(`No test file begins with ${wanted.join(' or ')}: want files or folders such as test/traffic\n`);
  process.exit(2);
}
const start = performance.now();
const ended: readonly Ended[] = await Promise.all(parts.map(run));
const failed: string[] = ended.filter((end) => end.code !== 0).map((end) => end.name);
if (failed.length === 0 && wanted.length === 0) failed.push(...outdated());
const seconds = ((performance.now() - start) / 1000).toFixed(1);
process.stdout.write(failed.length === 0 ? `All passed in ${seconds} s\n` : `Failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
