import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRecord, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { aWorld, canaryRef, type World, type WorldOptions } from '#test/harness/a-world.ts';
import { guard } from '#test/harness/guard.ts';
import { deployment, ended, type Owner } from '#test/harness/release.ts';
import { replay, type Tape, tapeOf } from '#test/harness/tape.ts';

// Serin is upgraded, or downgraded: what another version has left starts no run, and a run under way goes on as itself.
// `test/fixtures/lives` holds what versions have written, word by word; a change that would make one of them start
// something has to be made otherwise. `node test/harness/record-tape.ts NAME` adds the present one.

const LIVES = join(import.meta.dirname, '..', 'fixtures', 'lives');
const tapes: Readonly<Record<string, Tape>> = Object.fromEntries(
  readdirSync(LIVES).map((file) => [file.replace('.jsonl', ''), tapeOf(readFileSync(join(LIVES, file), 'utf8'))]),
);

/** The world as a version has left it at a moment of its life. */
const leftBy = async (
  owner: Owner,
  tape: Tape,
  { moment, ...options }: WorldOptions & { readonly moment: 'settled' | 'running' },
): Promise<World> => {
  const world = aWorld({ rps: 20, ...options });
  owner.after(world.stop);
  await replay(world, tape, tape[moment]);
  world.cluster.api.audit.reset();
  return world;
};

/** What Serin wrote, beside events. */
const written = (world: World): readonly string[] =>
  world.cluster.api.audit
    .table()
    .filter(({ user, verb }) => user === 'serin' && !['get', 'list', 'watch'].includes(verb))
    .filter(({ resource }) => !resource.startsWith('events'))
    .map(({ verb, resource, count }) => `${count} ${verb} ${resource}`);

/** Writes the status as another version may have it; its CRDs are there still. */
const withStatus = (world: World, change: (status: Readonly<Record<string, unknown>>) => unknown): void => {
  const canary = world.read(canaryRef());
  assert.ok(canary);
  const status = change(recordAt(canary, 'status'));
  assert.ok(isRecord(status));
  world.cluster.api.writeStatus(canaryRef(), status, { manager: 'serin' });
};

for (const [version, tape] of Object.entries(tapes)) {
  test(`what ${version} has left between runs starts nothing and is written by nobody`, async (t) => {
    const world = await leftBy(t, tape, { moment: 'settled' });
    const before = world.canary();
    assert.deepEqual([before.phase, before.runs, before.run], ['Succeeded', 1, undefined]);
    const mark = world.load.snapshot();
    world.startController();
    await world.clock.advance(120_000);
    assert.deepEqual(written(world), []);
    assert.deepEqual(world.canary(), before);
    assert.equal(world.load.since(mark).failures, 0);
  });

  test(`a run that ${version} has begun goes on as itself`, async (t) => {
    const world = await leftBy(t, tape, { moment: 'running' });
    const run = world.canary().run?.id;
    assert.equal(world.canary().canaryWeight, 10);
    const broken = guard(world);
    const mark = world.load.snapshot();
    world.startController();
    await world.clock.until(ended(world, 2), 120_000);
    const [last] = world.canary().history;
    assert.deepEqual([last?.id, last?.outcome, world.canary().runs], [run, 'Promoted', 2]);
    assert.deepEqual(
      [broken().filter((words) => !words.startsWith('weight rose')), world.load.since(mark).failures],
      [[], 0],
    );
  });
}

const latest = tapes['0.1.0'];
assert.ok(latest);

/** Every object of the status gets a field, and every list an item, that only a newer version knows. */
const unknownEverywhere = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(unknownEverywhere);
  if (!isRecord(value)) return value;
  return {
    ...Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, isWords(key) ? inner : unknownEverywhere(inner)]),
    ),
    ofANewerVersion: { level: 7 },
  };
};
/** Maps from names to words, in which everything is a name. */
const isWords = (key: string): boolean => ['images', 'digests', 'previousImages', 'metricFailures'].includes(key);

const NEWER: Readonly<Record<string, (status: Readonly<Record<string, unknown>>) => unknown>> = {
  'unknown fields': unknownEverywhere,
  'an unknown condition': (status) => ({
    ...status,
    conditions: [
      ...(Array.isArray(status['conditions']) ? status['conditions'] : []),
      { type: 'Audited', status: 'True', reason: 'Audited', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  }),
  'an unknown phase': (status) => ({ ...status, phase: 'Auditing' }),
  'an unknown kind of outbox entry': (status) => ({
    ...status,
    outbox: [{ id: 'x', kind: 'ticket', state: 'Pending', attempts: 0, since: '2026-01-01T00:00:00Z' }],
  }),
  'an unknown outcome in its history': (status) => ({
    ...status,
    history: [
      ...(Array.isArray(status['history']) ? status['history'] : []),
      { ...Object(Array.isArray(status['history']) ? status['history'][0] : {}), id: 'x-0', outcome: 'Exploded' },
    ],
  }),
};

for (const [what, change] of Object.entries(NEWER)) {
  test(`a status of a newer version with ${what} starts nothing`, async (t) => {
    const world = await leftBy(t, latest, { moment: 'settled', admitsSerin: false });
    withStatus(world, change);
    const { stable } = world.canary();
    world.startController();
    await world.clock.advance(60_000);
    const after = world.canary();
    assert.deepEqual([after.runs, after.run, after.stable], [1, undefined, stable]);
    assert.deepEqual(
      written(world).filter((write) => !write.endsWith('canaries.serin.dev/status')),
      [],
      'nothing but the status is written',
    );
    assert.deepEqual(world.messages, []);
    assert.ok(!world.events().some((event) => event.startsWith('Initialized')), 'nothing is taken over again');
    assert.equal(after.phase, 'Succeeded');
  });

  test(`a run of a newer version with ${what} goes on as itself, and never with more than it had`, async (t) => {
    const world = await leftBy(t, latest, { moment: 'running', admitsSerin: false });
    withStatus(world, change);
    const run = world.canary().run?.id;
    const weights: unknown[] = [];
    world.cluster.api.subscribe(({ object }: { readonly object: KubeObject }) => {
      if (object.kind === 'HTTPRoute') weights.push(world.canary().canaryWeight);
    });
    world.startController();
    await world.clock.advance(3_000);
    assert.ok(
      weights.every((weight) => Number(weight) <= 10),
      `${weights}`,
    );
    await world.clock.until(ended(world, 2), 120_000);
    assert.deepEqual([world.canary().history[0]?.id, world.canary().runs], [run, 2]);
    assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  });
}

test('a stage that only a newer version knows begins the run again, without traffic', async (t) => {
  const world = await leftBy(t, latest, { moment: 'running', admitsSerin: false });
  withStatus(world, (status) => ({
    ...status,
    run: { ...recordAt(status, 'run'), stage: 'auditing', strategy: 'shadow' },
  }));
  const run = world.canary().run?.id;
  world.startController();
  await world.clock.until(ended(world, 2), 120_000);
  assert.deepEqual([world.canary().history[0]?.id, world.canary().history[0]?.outcome], [run, 'Promoted']);
});

test('labels and annotations that only a newer version knows stay where they are', async (t) => {
  const world = await leftBy(t, latest, { moment: 'settled', admitsSerin: false });
  const refs = [
    { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'podinfo' },
    { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'podinfo-primary' },
    { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', namespace: 'shop', name: 'podinfo' },
    { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'podinfo-primary' },
  ];
  for (const ref of refs) {
    const object = world.read(ref);
    assert.ok(object, ref.name);
    const { labels = {}, annotations = {} } = object.metadata;
    const metadata = {
      ...object.metadata,
      labels: { ...labels, 'serin.dev/newer': 'yes' },
      annotations: { ...annotations, 'serin.dev/newer': 'yes' },
    };
    world.cluster.api.write({ ...object, metadata }, { manager: 'serin' });
  }
  world.cluster.api.audit.reset();
  world.startController();
  await world.clock.advance(60_000);
  assert.deepEqual(written(world), []);
  assert.ok(deployment(world, 'podinfo-primary')?.metadata.labels?.['serin.dev/newer']);
});
