import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigStates } from '#src/controller/config-states.ts';
import { createKubeClient } from '#src/kube/create-client.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';

const config = (resourceVersion: string, data?: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop', resourceVersion },
  ...(data === undefined ? {} : { data }),
});

/** States of a server that has `stored` now; undefined where it is gone. */
const setUp = (stored: { now: KubeObject | undefined; refused?: boolean }) => {
  const clock = new VirtualClock(0);
  const random = () => 0.5;
  const known: string[] = [];
  let reads = 0;
  const client = createKubeClient({
    clock,
    random,
    transport: {
      request: async () => {
        reads++;
        if (stored.refused === true) return { status: 403, headers: {}, body: { message: 'not you' } };
        return { status: stored.now === undefined ? 404 : 200, headers: {}, body: stored.now ?? {} };
      },
      stream: () => Promise.reject(new Error('unused')),
      close: async () => {},
    },
  });
  const onKnown = ({ metadata }: KubeObject) => known.push(metadata.resourceVersion ?? '');
  const states = new ConfigStates({ client, clock, random, onKnown, onError: () => {} });
  return { clock, states, known, reads: () => reads };
};

const hashOf = (state: ReturnType<ConfigStates['of']>): string =>
  state === 'unread' ? state : 'unreadable' in state ? state.unreadable : state.hash;

test('a content is read once for each version, and told when it is known', async () => {
  const stored = { now: config('1', { color: 'blue' }) };
  const { clock, states, known, reads } = setUp(stored);
  assert.equal(states.of(config('1')), 'unread');
  assert.equal(states.of(config('1')), 'unread');
  await clock.settle();
  const blue = hashOf(states.of(config('1')));
  assert.deepEqual([known, reads()], [['1'], 1]);
  stored.now = config('2', { color: 'green' });
  assert.equal(states.of(config('2')), 'unread');
  await clock.settle();
  assert.notEqual(hashOf(states.of(config('2'))), blue);
  assert.equal(reads(), 2);
});

test('a content that is newer than the cache counts, and is not read again and again', async () => {
  const { clock, states, reads } = setUp({ now: config('7', { color: 'blue' }) });
  states.of(config('5'));
  await clock.settle();
  assert.notEqual(states.of(config('5')), 'unread');
  await clock.advance(120_000);
  assert.equal(reads(), 1);
});

test('one that is gone is not asked for until somebody needs it again', async () => {
  const { clock, states, known, reads } = setUp({ now: undefined });
  states.of(config('1'));
  await clock.advance(120_000);
  assert.deepEqual([known, reads()], [[], 1]);
});

test('what is forgotten is read anew', async () => {
  const { clock, states, reads } = setUp({ now: config('1', { color: 'blue' }) });
  states.of(config('1'));
  await clock.settle();
  states.forget(config('1'));
  assert.equal(states.of(config('1')), 'unread');
  await clock.settle();
  assert.equal(reads(), 2);
});

test('a content that is refused says so, once, until it can be read', async () => {
  const stored = { now: config('1', { color: 'blue' }), refused: true };
  const { clock, states, known } = setUp(stored);
  assert.equal(states.of(config('1')), 'unread');
  await clock.advance(10_000);
  assert.match(hashOf(states.of(config('1'))), /RBAC does not grant "get" on "configmaps".*not you/);
  assert.deepEqual(known, ['1'], 'told once');
  stored.refused = false;
  await clock.advance(60_000);
  assert.match(hashOf(states.of(config('1'))), /^[0-9a-f]{64}$/);
  assert.deepEqual(known, ['1', '1']);
});
