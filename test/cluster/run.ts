// `npm run test:cluster`: builds what is missing, brings real clusters up, runs the tests in them, and takes them down
// again. `-- --keep` leaves them running, to be looked at and used again; names of tests restrict them. `--soak` runs
// the long test instead.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '#src/lib/message-of.ts';
import { readReport as readCases } from '#test/contract/kubernetes-api/report.ts';
import { conformanceTable } from './conformance-table.ts';
import { run } from './parts/run.ts';
import type { Size } from './rig/bring-up.ts';
import { printProgress } from './rig/progress.ts';
import { type Rig, rigOf } from './rig/rig.ts';
import { tearDown } from './rig/tear-down.ts';
import { upRig } from './rig/up-rig.ts';
import { type Ended, runTests } from './run-tests.ts';
import { markdown, readReport } from './world/report.ts';

/** Test files that have a cluster to themselves, one after another; those of a group run at once. */
type Lane = { readonly rig: Rig; readonly size: Size; readonly groups: readonly (readonly string[])[] };

const ROOT = join(import.meta.dirname, '..', '..');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { keep: { type: 'boolean', default: false }, soak: { type: 'boolean', default: false } },
});
const write = (text: string): void => void process.stdout.write(text);
const progress = printProgress(write);

/** Lanes of a track have the machine one after another; tracks share it. */
const TRACKS: readonly (readonly Lane[])[] = [
  [
    { rig: rigOf('serin-test'), size: 'whole', groups: [['releases', 'without-policies']] },
    // What is broken here on purpose would be in the way of releases.
    {
      rig: rigOf('serin-api'),
      size: 'control-plane',
      groups: [
        ['conformance', '../contract/kubernetes-api'],
        ['admission'],
        ['deploy'],
        ['argocd', 'image'],
        ['bad-input'],
      ],
    },
  ],
  // Controllers of one namespace each: no other may act for them. They are idle for the most part.
  [{ rig: rigOf('serin-calls'), size: 'traffic', groups: [['calls', 'pods']] }],
];
const SOAK: typeof TRACKS = [[{ rig: rigOf('serin-soak'), size: 'whole', groups: [['soak']] }]];

const wanted = (name: string): boolean =>
  positionals.length === 0 || positionals.some((path) => path.includes(`${name}.test.ts`) || path === name);

const tracks = (values.soak ? SOAK : TRACKS)
  .map((track) =>
    track
      .map((lane) => ({
        ...lane,
        groups: lane.groups.map((group) => group.filter(wanted)).filter(({ length }) => length > 0),
      }))
      .filter(({ groups }) => groups.length > 0),
  )
  .filter(({ length }) => length > 0);

const up = async ({ rig, size }: Lane): Promise<void> => {
  if (!values.keep) await tearDown(rig);
  await upRig(rig, { progress, link: false, size });
};

const runLane = async ({ rig, groups }: Lane, reports: string): Promise<readonly Ended[]> => {
  const ended: Ended[] = [];
  for (const group of groups) {
    const files = group.map((name) => relative(process.cwd(), join(import.meta.dirname, `${name}.test.ts`)));
    ended.push(...(await Promise.all(files.map((file) => runTests(rig, { file, reports, write })))));
  }
  return ended;
};

/** The first lane is up already. */
const runTrack = async (track: readonly Lane[], reports: string): Promise<readonly Ended[]> => {
  const ended: Ended[] = [];
  for (const [index, lane] of track.entries()) {
    if (index > 0) await up(lane);
    ended.push(...(await runLane(lane, reports)));
    if (!values.keep) await tearDown(lane.rig);
  }
  return ended;
};

const start = performance.now();
const reports = mkdtempSync(join(tmpdir(), 'serin-cluster-report-'));
try {
  await progress('bundle', () => run([process.execPath, 'build.ts'], { cwd: ROOT }));
  // One after another, because the first one builds what the others use.
  for (const [first] of tracks) if (first !== undefined) await up(first);
  const ended = (await Promise.all(tracks.map((track) => runTrack(track, reports)))).flat();
  write(`\n${markdown(readReport(join(reports, 'cluster.json')))}`);
  const conformance = join(reports, 'conformance.json');
  if (existsSync(conformance)) {
    const cases = readCases(conformance);
    const [real, sandbox] = [true, false].map((wanted) => cases.filter(({ api }) => /^sandbox/.test(api) !== wanted));
    write(`\n### Conformance\n\n${conformanceTable({ sandbox: sandbox ?? [], real: real ?? [] })}`);
  }
  const failed = ended.filter(({ code }) => code !== 0).map(({ file }) => file);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  write(failed.length === 0 ? `\nAll passed in ${seconds} s\n` : `\nFailed: ${failed.join(', ')} (${seconds} s)\n`);
  process.exitCode = failed.length === 0 && ended.length > 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
} finally {
  if (!values.keep) for (const { rig } of tracks.flat()) await tearDown(rig);
  rmSync(reports, { recursive: true, force: true });
}
