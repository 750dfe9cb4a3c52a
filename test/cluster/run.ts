// `npm run test:cluster`: builds what is missing, brings real clusters up, runs the tests in them, and takes them down
// again. `-- --keep` leaves them running, to be looked at and used again; names of tests restrict them. `--soak` runs
// the long test instead. `--record` writes what was seen of the data planes to docs/planes.md.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { messageOf } from '#src/lib/message-of.ts';
import { readReport as readCases } from '#test/contract/kubernetes-api/report.ts';
import { differences, store } from '#test/planes/stored.ts';
import { readVerified } from '#test/planes/verified.ts';
import { conformanceTable } from './conformance-table.ts';
import { installParts } from './parts/parts.ts';
import { run } from './parts/run.ts';
import type { Size } from './rig/bring-up.ts';
import { printProgress } from './rig/progress.ts';
import { type Rig, rigOf } from './rig/rig.ts';
import { tearDown } from './rig/tear-down.ts';
import { upRig } from './rig/up-rig.ts';
import { type Ended, runTests } from './run-tests.ts';
import { FLEETS_ARE_IDLE } from './world/fleet.ts';
import { markdown, readReport } from './world/report.ts';

/** Test files with a cluster of their own: groups one after another, the files of a group at once. */
type Lane = { readonly rig: Rig; readonly size: Size; readonly groups: readonly (readonly string[])[] };

/** Lanes one after another, because two cores carry few clusters at once. */
type Track = {
  readonly lanes: readonly Lane[];
  /** Begins when another track has told this. */
  readonly after?: string;
};

const ROOT = join(import.meta.dirname, '..', '..');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keep: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
const write = (text: string): void => void process.stdout.write(text);
const progress = printProgress(write);

const TRACKS: readonly Track[] = [
  {
    lanes: [
      // Controllers of one namespace each: no other may act for them.
      { rig: rigOf('serin-calls'), size: 'traffic', groups: [['calls', 'pods']] },
      { rig: rigOf('serin-flagger'), size: 'traffic', groups: [['flagger']] },
      { rig: rigOf('serin-scaled'), size: 'traffic', groups: [['autoscaler']] },
    ],
  },
  {
    lanes: [
      // What is broken here on purpose would be in the way of releases.
      {
        rig: rigOf('serin-api'),
        size: 'control-plane',
        groups: [
          ['conformance', '../contract/kubernetes-api'],
          ['admission'],
          ['deploy'],
          ['argocd', 'image', 'load-tester'],
          ['bad-input'],
        ],
      },
      { rig: rigOf('serin-meshes'), size: 'meshes', groups: [['meshes'], ['bad-planes']] },
      { rig: rigOf('serin-istio'), size: 'istio', groups: [['admission-istio'], ['istio'], ['strategies-istio']] },
    ],
  },
  {
    lanes: [
      {
        rig: rigOf('serin-test'),
        size: 'whole',
        // The last one takes rights from Serin.
        groups: [['releases', 'without-policies'], ['strategies'], ['targets'], ['life-cycle']],
      },
    ],
    after: FLEETS_ARE_IDLE,
  },
];
const SOAK: readonly Track[] = [{ lanes: [{ rig: rigOf('serin-soak'), size: 'whole', groups: [['soak']] }] }];

const wanted = (name: string): boolean =>
  positionals.length === 0 || positionals.some((path) => path.includes(`${name}.test.ts`) || path === name);

const wantedOf = (lane: Lane): readonly Lane[] => {
  const groups = lane.groups.map((group) => group.filter(wanted)).filter(({ length }) => length > 0);
  return groups.length === 0 ? [] : [{ ...lane, groups }];
};
const tracks = (values.soak ? SOAK : TRACKS)
  .map((track) => ({ ...track, lanes: track.lanes.flatMap(wantedOf) }))
  .filter(({ lanes: some }) => some.length > 0);
const lanes = tracks.flatMap((track) => track.lanes);

const up = async ({ rig, size }: Lane): Promise<void> => {
  if (!values.keep) await tearDown(rig);
  await upRig(rig, { progress, link: false, size });
};

const fileOf = (name: string): string => relative(process.cwd(), join(import.meta.dirname, `${name}.test.ts`));

const runLane = async ({ rig, groups }: Lane, reports: string): Promise<readonly Ended[]> => {
  const ended: Ended[] = [];
  for (const group of groups) {
    ended.push(...(await Promise.all(group.map((name) => runTests(rig, { file: fileOf(name), reports, write })))));
  }
  return ended;
};

/** Each lane in a cluster of its own, which is gone before the next one's comes. */
const runTrack = async ({ lanes: some }: Track, reports: string): Promise<readonly Ended[]> => {
  const ended: Ended[] = [];
  for (const [index, lane] of some.entries()) {
    if (index > 0) await up(lane);
    ended.push(...(await runLane(lane, reports)));
    if (!values.keep) await tearDown(lane.rig);
  }
  return ended;
};

/** All tracks at once, but for those that wait for another. */
const runTracks = async (reports: string): Promise<readonly Ended[]> => {
  const running = new Map<Track, Promise<readonly Ended[]>>();
  const start = async (track: Track): Promise<void> => {
    const [first] = track.lanes;
    if (first !== undefined) await up(first);
    running.set(track, runTrack(track, reports));
  };
  const free = tracks.filter(({ after }) => after === undefined);
  const others = (): Promise<unknown> => Promise.all(free.map((track) => running.get(track)));
  for (const track of free) await start(track);
  for (const track of tracks.filter(({ after }) => after !== undefined)) {
    await Promise.race([others(), told(join(reports, track.after ?? ''))]);
    await start(track);
  }
  return (await Promise.all(running.values())).flat();
};

/** Resolves when the file is there. */
const told = async (file: string): Promise<void> => {
  // Without ref: nobody waits for it any more when the other tracks have ended.
  while (!existsSync(file)) await setTimeout(500, undefined, { ref: false });
};

/**
 * Real time on a machine that is busy with other things can break what is right: what has failed is run once more, alone
 * in a new cluster, and both are told.
 */
const runAgain = async (failed: readonly Ended[], reports: string): Promise<readonly Ended[]> => {
  const ended: Ended[] = [];
  for (const lane of lanes) {
    const names = lane.groups.flat().filter((name) => failed.some(({ file }) => file === fileOf(name)));
    for (const name of names) {
      write(`\n${fileOf(name)} has failed; it is run once more, alone\n`);
      await tearDown(lane.rig);
      await up(lane);
      ended.push(await runTests(lane.rig, { file: fileOf(name), reports, write }));
    }
  }
  return ended;
};

const tearAllDown = async (): Promise<void> => {
  if (!values.keep) for (const { rig } of lanes) await tearDown(rig);
};

/** Ctrl-C, also of the tests in the clusters: they hear it themselves. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    write(`\n${signal}: taking the clusters down\n`);
    void tearAllDown().finally(() => process.exit(130));
  });
}

const start = performance.now();
const reports = mkdtempSync(join(tmpdir(), 'serin-cluster-report-'));
try {
  await progress('bundle', () => run([process.execPath, 'build.ts'], { cwd: ROOT }));
  // Before the first cluster comes: a build takes every core, and would be in the way of what is measured.
  await installParts(join(reports, 'bin'), {
    progress,
    istio: lanes.some(({ size }) => size === 'istio'),
    flagger: lanes.some(({ groups }) => groups.flat().includes('flagger')),
  });
  const first = await runTracks(reports);
  const broken = first.filter(({ code }) => code !== 0);
  const again = values.keep || values.soak ? broken : await runAgain(broken, reports);
  write(`\n${markdown(readReport(join(reports, 'cluster.json')))}`);
  const conformance = join(reports, 'conformance.json');
  if (existsSync(conformance)) {
    const cases = readCases(conformance);
    const [real, sandbox] = [true, false].map((wanted) => cases.filter(({ api }) => /^sandbox/.test(api) !== wanted));
    write(`\n### Conformance\n\n${conformanceTable({ sandbox: sandbox ?? [], real: real ?? [] })}`);
  }
  for (const { file } of broken.filter((one) => again.some(({ file, code }) => file === one.file && code === 0))) {
    write(`\n${file} has failed once and passed alone\n`);
  }
  const failed = again.filter(({ code }) => code !== 0).map(({ file }) => file);
  const isWhole = positionals.length === 0 && !values.soak && failed.length === 0;
  if (isWhole) {
    const seen = readVerified(join(reports, 'verified.jsonl'));
    if (values.record) store('test:cluster', seen);
    const found = differences('test:cluster', seen);
    if (found.length > 0) failed.push(`docs/planes.md (-- --record writes it anew: ${found.join('; ')})`);
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  write(failed.length === 0 ? `\nAll passed in ${seconds} s\n` : `\nFailed: ${failed.join(', ')} (${seconds} s)\n`);
  process.exitCode = failed.length === 0 && first.length > 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
} finally {
  await tearAllDown();
  rmSync(reports, { recursive: true, force: true });
}
