import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKubeClient } from '#src/kube/create-client.ts';
import { EventRecorder } from '#src/kube/event-recorder.ts';
import { isKubeError } from '#src/kube/kube-error.ts';
import { LeaderElector } from '#src/kube/leader-elector.ts';
import { Reflector } from '#src/kube/reflector.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { at } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';

const config = (name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name },
  data,
});

const setUp = () => {
  const clock = new VirtualClock();
  const transport = inProcessTransport(new SandboxApi({ clock, historyLimit: 20 }), { user: 'test' });
  const random = seededRandom(1);
  return { clock, transport, random, client: createKubeClient({ transport, clock, random }) };
};

test('every verb of the client does what it says', async () => {
  const { client } = setUp();
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'c' };
  assert.equal(await client.get(ref), undefined);
  const created = await client.create(config('c', { a: '1' }));
  await assert.rejects(client.create(config('c', {})), (error) => isKubeError(error, 'AlreadyExists'));
  assert.deepEqual((await client.apply(config('c', { b: '2' })))['data'], { a: '1', b: '2' });
  await assert.rejects(client.update(created), (error) => isKubeError(error, 'Conflict'));
  const guard = { resourceVersion: created.metadata.resourceVersion };
  await assert.rejects(client.mergePatch(ref, { metadata: guard }), (error) => isKubeError(error, 'Conflict'));
  const patched = await client.mergePatch(ref, { data: { a: null } });
  assert.deepEqual(patched['data'], { b: '2' });
  assert.deepEqual((await client.update({ ...patched, data: { c: '3' } }))['data'], { c: '3' });
  await assert.rejects(client.delete(ref, { uid: 'another' }), (error) => isKubeError(error, 'Conflict'));
  assert.equal(await client.delete(ref), true);
  assert.equal(await client.delete(ref), false);
});

test('a reflector follows a server that forgets its history', async () => {
  const { clock, client, random } = setUp();
  for (let n = 0; n < 30; n++) await client.create(config(`old-${n}`, {}));
  const reflector = new Reflector({
    client,
    clock,
    random,
    resource: RESOURCES.configMap,
    project: (object) => object.kind + (object['data'] === undefined ? '' : ' with data'),
    indexes: {},
    metadataOnly: true,
    namespace: 'default',
  });
  reflector.start();
  await reflector.whenSynced();
  assert.equal(reflector.store.get('default/old-7'), 'ConfigMap');
  const before = reflector.store.size();
  await reflector.stop();
  for (let n = 0; n < 30; n++) await client.delete({ ...config('', {}), namespace: 'default', name: `old-${n}` });
  await client.create(config('young', {}));
  reflector.start();
  await clock.until(() => reflector.store.size() === before - 29, 60_000);
  await client.create(config('younger', {}));
  await clock.settle();
  assert.equal(reflector.store.get('default/younger'), 'ConfigMap');
  await clock.advance(20 * 60_000);
  assert.equal(reflector.health().state, 'watching');
  assert.equal(reflector.health().failures, 0);
  await reflector.stop();
});

test('a lease passes from hand to hand, and what happened is told', async () => {
  const { clock, transport, client, random } = setUp();
  const recorder = new EventRecorder({ client, clock, random, instance: 'a' });
  const leaders: string[] = [];
  const candidate = (identity: string): LeaderElector =>
    new LeaderElector({
      transport,
      clock,
      random,
      lease: { namespace: 'default', name: 'serin' },
      identity,
      onAcquired: () => leaders.push(identity),
      onLost: (why) => assert.fail(why),
    });
  const [a, b] = [candidate('a'), candidate('b')];
  a.start();
  await clock.settle();
  b.start();
  await clock.advance(60_000);
  await a.stop();
  await clock.advance(3_000);
  assert.deepEqual(leaders, ['a', 'b']);
  await b.stop();
  const regarding = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'c', uid: 'u' };
  const input = { regarding, type: 'Normal', reason: 'Promoted', action: 'Promote', note: 'All is well' } as const;
  recorder.record(input);
  await clock.advance(1_000);
  recorder.record(input);
  await clock.advance(300_000);
  const { items } = await client.list(RESOURCES.event, { namespace: 'default' });
  assert.deepEqual(
    items.map((event) => [event['note'], at(event, 'series', 'count')]),
    [['All is well', 2]],
  );
});
