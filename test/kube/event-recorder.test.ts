import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKubeClient } from '#src/kube/create-client.ts';
import { type EventInput, EventRecorder } from '#src/kube/event-recorder.ts';
import { at } from '#src/lib/json.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { FakeApiServer, status } from './fake-api-server.ts';

const EVENTS = '/apis/events.k8s.io/v1/namespaces/shop/events';
const changed: EventInput = {
  regarding: { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'shop', name: 'podinfo', uid: 'u-1' },
  related: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', namespace: 'shop', name: 'podinfo' },
  type: 'Normal',
  reason: 'WeightChanged',
  action: 'Shift',
  note: 'Weight 10% -> 30% (step 3/6)',
};

const setUp = (server = new FakeApiServer(), clock = new VirtualClock()) => {
  const errors: unknown[] = [];
  const random = seededRandom(1);
  const client = createKubeClient({ transport: server, clock, random, retries: 0, timeoutMs: 1_000 });
  const recorder = new EventRecorder({ client, clock, random, instance: 'serin-0', onError: (e) => errors.push(e) });
  return { clock, server, recorder, errors };
};
const only = (server: FakeApiServer) => {
  const names = server.names(EVENTS);
  assert.equal(names.length, 1);
  return server.object(`${EVENTS}/${names[0]}`);
};
const writes = (server: FakeApiServer): readonly string[] =>
  server.requests.filter(({ method }) => method !== 'GET').map(({ method }) => method);

test('writes an Event with everything that the API demands', async () => {
  const { clock, server, recorder } = setUp();
  recorder.record(changed);
  assert.equal(server.requests.length, 0, 'nothing is sent before the caller goes on');
  await clock.settle();
  const { metadata, ...event } = only(server) ?? {};
  assert.match(String(at(metadata, 'name')), /^podinfo\.[0-9a-f]{16}$/);
  assert.deepEqual(event, {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'serin.dev/controller',
    reportingInstance: 'serin-0',
    ...changed,
  });
});

test('events of a cluster-scoped object live in the default namespace', async () => {
  const { clock, server, recorder } = setUp();
  const { namespace: _, ...regarding } = changed.regarding;
  recorder.record({ ...changed, regarding });
  await clock.settle();
  assert.equal(server.requests[0]?.path, '/apis/events.k8s.io/v1/namespaces/default/events');
});

test('what repeats becomes a series, written at most every five minutes', async () => {
  const { clock, server, recorder } = setUp();
  for (let minute = 0; minute < 12; minute++) {
    recorder.record(changed);
    await clock.advance(60_000);
  }
  assert.deepEqual(writes(server), ['POST', 'PATCH', 'PATCH']);
  assert.deepEqual(only(server)?.['series'], { count: 10, lastObservedTime: '2026-01-01T00:09:00.000000Z' });
  await clock.advance(3 * 60_000);
  assert.deepEqual(only(server)?.['series'], { count: 12, lastObservedTime: '2026-01-01T00:11:00.000000Z' });
  await clock.advance(3_600_000);
  assert.equal(writes(server).length, 4);
});

test('another note, reason, action or object is another Event', async () => {
  const { clock, server, recorder } = setUp();
  recorder.record(changed);
  recorder.record({ ...changed, note: 'Weight 30% -> 50%' });
  recorder.record({ ...changed, reason: 'StepCompleted' });
  recorder.record({ ...changed, action: 'Judge' });
  recorder.record({ ...changed, type: 'Warning' });
  recorder.record({ ...changed, regarding: { ...changed.regarding, uid: 'u-2' } });
  await clock.settle();
  assert.equal(server.names(EVENTS).length, 6);
});

test('after a restart the same Event goes on', async () => {
  const first = setUp();
  first.recorder.record(changed);
  await first.clock.advance(10_000);
  const second = setUp(first.server, first.clock);
  second.recorder.record(changed);
  second.recorder.record(changed);
  await second.clock.settle();
  assert.deepEqual(only(first.server)?.['series'], { count: 3, lastObservedTime: '2026-01-01T00:00:10.000000Z' });
  assert.deepEqual(second.errors, []);
});

test('an Event that the server has forgotten begins anew', async () => {
  const { clock, server, recorder } = setUp();
  recorder.record(changed);
  await clock.settle();
  server.remove(EVENTS, server.names(EVENTS)[0] ?? '');
  await clock.advance(3_600_000);
  recorder.record(changed);
  await clock.settle();
  assert.equal(only(server)?.['eventTime'], '2026-01-01T01:00:00.000000Z');
  assert.equal(only(server)?.['series'], undefined);
});

test('a create whose answer was lost counts once', async () => {
  const { clock, server, recorder } = setUp();
  server.loseAnswer = () => server.requests.length === 1;
  recorder.record(changed);
  await clock.advance(10_000);
  assert.deepEqual(writes(server), ['POST', 'POST']);
  assert.equal(only(server)?.['series'], undefined);
});

test('keeps events while the server is away, and gives up after a few attempts', async () => {
  const { clock, server, recorder, errors } = setUp();
  server.intercept = () => new Error('connect ECONNREFUSED');
  recorder.record(changed);
  await clock.advance(2_000);
  server.intercept = () => undefined;
  await clock.advance(5_000);
  assert.equal(server.names(EVENTS).length, 1);
  server.intercept = () => 'hang';
  recorder.record({ ...changed, note: 'never written' });
  await clock.advance(120_000);
  assert.deepEqual(recorder.counts(), { series: 1, dropped: 1 });
  assert.ok(errors.length >= 6);
});

test('does not ask twice for what the server refuses', async () => {
  const { clock, server, recorder } = setUp();
  server.intercept = () => status(403, 'Forbidden', 'namespace is being terminated');
  recorder.record(changed);
  await clock.advance(60_000);
  assert.equal(server.requests.length, 1);
  assert.deepEqual(recorder.counts(), { series: 0, dropped: 1 });
});

test('holds a bounded number of series, the latest', async () => {
  const { clock, server, recorder } = setUp();
  server.intercept = () => 'hang';
  for (let n = 0; n < 5_000; n++) recorder.record({ ...changed, note: `note ${n}` });
  assert.deepEqual(recorder.counts(), { series: 1_000, dropped: 4_000 });
  server.intercept = () => undefined;
  await clock.advance(2_000);
  const notes = server.names(EVENTS).map((name) => server.object(`${EVENTS}/${name}`)?.['note']);
  assert.equal(notes.length, 1_000);
  assert.ok(notes.includes('note 4999'));
});

test('a note is cut after 1,000 bytes, between characters', async () => {
  const { clock, server, recorder } = setUp();
  recorder.record({ ...changed, note: 'x'.repeat(1_000) });
  recorder.record({ ...changed, note: `a${'😀'.repeat(300)}` });
  await clock.settle();
  const notes = server.names(EVENTS).map((name) => String(server.object(`${EVENTS}/${name}`)?.['note']));
  assert.deepEqual(notes, ['x'.repeat(1_000), `a${'😀'.repeat(249)}…`]);
});

test('stop writes what is left, but does not wait for a server that hangs', async () => {
  const { clock, server, recorder } = setUp();
  for (let n = 0; n < 20; n++) recorder.record({ ...changed, note: `note ${n}` });
  await recorder.stop();
  assert.equal(server.names(EVENTS).length, 20);
  const hanging = setUp();
  hanging.server.intercept = () => 'hang';
  hanging.recorder.record(changed);
  hanging.recorder.record({ ...changed, note: 'other' });
  let stoppedAt = -1;
  void hanging.recorder.stop().then(() => {
    stoppedAt = hanging.clock.monotonic();
  });
  await hanging.clock.advance(10_000);
  assert.ok(stoppedAt >= 0 && stoppedAt <= 2_000);
  assert.ok(clock.monotonic() < 2_000);
});
