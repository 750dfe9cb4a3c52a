import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CanaryStatus, canaryStatus, parseCanaryStatus } from '#src/api/canary-status.ts';

const since = '2026-11-21T08:00:00Z';
const full: CanaryStatus = {
  observedGeneration: 3,
  phase: 'Progressing',
  canaryWeight: 10,
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'Initialized',
      message: '',
      lastTransitionTime: since,
      observedGeneration: 3,
    },
  ],
  stable: { revision: '5d2a', hash: 'aa', images: { app: 'podinfo:6.0' }, since },
  run: {
    id: '7f9c-1',
    revision: '7f9c',
    hash: 'bb',
    images: { app: 'podinfo:6.1' },
    previous: '5d2a',
    strategy: 'canary',
    startedAt: since,
    stage: 'shifting',
    stageSince: since,
    step: 1,
    weight: { set: 10, since },
    checks: [{ name: 'request-success-rate', at: since, value: 99.5, min: 99, verdict: 'pass' }],
    kept: [],
    steps: [{ index: 1, weight: 10, from: since }],
  },
  runs: 1,
  quarantine: [{ revision: '66ff', hash: 'cc', images: {}, run: '66ff-1', since }],
  outbox: [{ id: 'x', kind: 'record', state: 'Pending', attempts: 0, since }],
  history: [
    {
      id: '66ff-1',
      revision: '66ff',
      previous: '5d2a',
      images: {},
      previousImages: {},
      hash: 'cc',
      outcome: 'RolledBack',
      cause: 'ThresholdReached',
      sentence: 'Rolled back',
      startedAt: since,
      endedAt: since,
    },
  ],
};
const stored = (change: (status: Record<string, unknown>) => unknown): unknown => change(structuredClone({ ...full }));

test('gives back what was written', () => {
  assert.deepEqual(parseCanaryStatus(structuredClone(full)), full);
});

test('an absent or odd status is an empty one', () => {
  const empty = { conditions: [], quarantine: [], outbox: [], history: [] };
  for (const odd of [undefined, null, 5, 'x', [], {}]) assert.deepEqual(parseCanaryStatus(odd), empty);
});

test('a word that only another version knows costs nothing but itself', () => {
  const parsed = parseCanaryStatus(
    stored((status) => ({ ...status, phase: 'Hovering', weather: 'fine', runs: 'many' })),
  );
  const { phase: _phase, runs: _runs, ...rest } = full;
  assert.deepEqual(parsed, rest);
});

test('an item that cannot be understood goes, its neighbours stay', () => {
  const [entry] = full.history;
  const history = [{ ...entry, outcome: 'Celebrated' }, entry, { id: 'only' }, 7];
  const parsed = parseCanaryStatus(stored((status) => ({ ...status, history, outbox: 'none' })));
  assert.deepEqual(parsed.history, [entry]);
  assert.deepEqual(parsed.outbox, []);
  assert.deepEqual(parsed.run, full.run);
});

test('a run of a newer version is taken up at its beginning', () => {
  const parsed = parseCanaryStatus(stored((status) => ({ ...status, run: { ...full.run, stage: 'soaking' } })));
  assert.equal(parsed.run?.stage, 'scaling');
  assert.deepEqual(parsed.run?.weight, full.run?.weight);
});

test('a run without its id is no run', () => {
  const { id: _, ...run } = full.run ?? {};
  assert.equal(parseCanaryStatus(stored((status) => ({ ...status, run }))).run, undefined);
});

test('never throws, and what it gives is a status', () => {
  const part = fc.oneof(fc.anything(), fc.constantFrom(...Object.values(full)));
  const status = fc.record(Object.fromEntries(Object.keys(full).map((key) => [key, part])), { requiredKeys: [] });
  fc.assert(
    fc.property(fc.oneof(fc.anything(), status), (value) => {
      assert.ok(canaryStatus.safeParse(parseCanaryStatus(value)).success);
    }),
    { numRuns: 300 },
  );
});
