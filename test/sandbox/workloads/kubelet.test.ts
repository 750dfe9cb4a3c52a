import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '#src/lib/hash.ts';
import { at, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import { VERSION_HEADER } from '#src/sandbox/network/http.ts';
import { deployment, user, workloadWorld } from './workload-world.ts';

const one = { spec: { replicas: 1 } };
const GET = { method: 'GET', host: 'app', path: '/', headers: {} };

test('a pod runs with an address, its digest and an application behind its port', async () => {
  const world = workloadWorld();
  world.backend.write(deployment(one), user);
  await world.clock.advance(1000);
  const [pod] = world.pods();
  const status = recordAt(pod, 'status');
  assert.equal(status['phase'], 'Running');
  assert.match(stringAt(status, 'podIP') ?? '', /^10\.244\.\d+\.\d+$/);
  const container = at(status, 'containerStatuses', 0);
  assert.equal(stringAt(container, 'imageID'), `shop/app@sha256:${sha256('shop/app:1')}`);
  assert.match(stringAt(container, 'state', 'running', 'startedAt') ?? '', /^2026-01-01T00:00:00Z$/);
  const answer = await world.network.send({ address: stringAt(status, 'podIP') ?? '', port: 8080 }, GET);
  assert.equal(answer.headers[VERSION_HEADER], '1');
  await assert.rejects(
    world.network.send({ address: stringAt(status, 'podIP') ?? '', port: 9 }, GET),
    /nothing listens/,
  );
});

test('a pinned image runs when the digest is right, and cannot be pulled when it is not', async () => {
  const world = workloadWorld();
  const digest = `sha256:${sha256('shop/app:1')}`;
  world.backend.write(deployment({ ...one, image: `shop/app:1@${digest}` }), user);
  world.backend.write(deployment({ ...one, name: 'bare', image: `shop/app@${digest}` }), user);
  world.backend.write(deployment({ ...one, name: 'wrong', image: `shop/app:2@${digest}` }), user);
  await world.clock.advance(1000);
  assert.equal(world.condition(world.pods({ app: 'app' })[0] ?? deployment(), 'Ready')[0], 'True');
  assert.equal(world.condition(world.pods({ app: 'bare' })[0] ?? deployment(), 'Ready')[0], 'True');
  assert.equal(world.waitingReason(world.pods({ app: 'wrong' })[0]), 'ImagePullBackOff');
});

test('an unknown image is named, and runs once it is published', async () => {
  const world = workloadWorld();
  world.backend.write(deployment({ ...one, image: 'shop/app:3' }), user);
  world.backend.write(deployment({ ...one, name: 'denied', image: 'shop/app:denied' }), user);
  await world.clock.advance(1000);
  const [pod] = world.pods({ app: 'app' });
  const waiting = recordAt(pod, 'status', 'containerStatuses', 0, 'state', 'waiting');
  assert.equal(waiting['reason'], 'ImagePullBackOff');
  assert.match(String(waiting['message']), /"shop\/app:3".*not found/);
  assert.equal(stringAt(pod, 'status', 'phase'), 'Pending');
  const denied = recordAt(world.pods({ app: 'denied' })[0], 'status', 'containerStatuses', 0, 'state', 'waiting');
  assert.match(String(denied['message']), /unauthorized/);
  world.catalogue.publish('shop/app:3', {});
  await world.clock.advance(10_000);
  assert.equal(stringAt(world.pods({ app: 'app' })[0], 'status', 'phase'), 'Running');
});

test('readiness comes when the image says, or never', async () => {
  const world = workloadWorld();
  world.backend.write(deployment({ ...one, image: 'shop/app:slow' }), user);
  world.backend.write(deployment({ ...one, name: 'never', image: 'shop/app:never' }), user);
  await world.clock.advance(2000);
  const ready = (app: string) => world.condition(world.pods({ app })[0] ?? deployment(), 'Ready');
  assert.deepEqual(ready('app'), ['False', 'ContainersNotReady']);
  await world.clock.advance(1000);
  assert.deepEqual(ready('app'), ['True', undefined]);
  await world.clock.advance(600_000);
  assert.deepEqual(ready('never'), ['False', 'ContainersNotReady']);
});

test('a container that crashes is restarted after a growing back-off', async () => {
  const world = workloadWorld();
  world.backend.write(deployment({ ...one, image: 'shop/app:crash' }), user);
  await world.clock.advance(1000);
  const container = () => recordAt(world.pods()[0], 'status', 'containerStatuses', 0);
  assert.equal(world.waitingReason(world.pods()[0]), 'CrashLoopBackOff');
  assert.equal(container()['restartCount'], 1);
  assert.equal(at(container(), 'lastState', 'terminated', 'exitCode'), 3);
  await world.clock.advance(29_000);
  assert.equal(container()['restartCount'], 2);
  await world.clock.advance(3000);
  assert.equal(container()['restartCount'], 3);
  assert.equal(stringAt(world.pods()[0], 'status', 'phase'), 'Running');
});

test('a missing ConfigMap or Secret holds the container until it comes', async () => {
  const world = workloadWorld();
  const env = [{ name: 'SANDBOX_VERSION', valueFrom: { configMapKeyRef: { name: 'settings', key: 'version' } } }];
  const volumes = [{ name: 'tls', secret: { secretName: 'tls' } }];
  world.backend.write(deployment({ ...one, container: { env } }), user);
  world.backend.write(deployment({ ...one, name: 'mounts', pod: { volumes } }), user);
  const optional = [{ configMapRef: { name: 'nowhere', optional: true } }];
  world.backend.write(deployment({ ...one, name: 'free', container: { envFrom: optional } }), user);
  await world.clock.advance(1000);
  const state = (app: string) => recordAt(world.pods({ app })[0], 'status', 'containerStatuses', 0, 'state');
  assert.deepEqual(state('app'), {
    waiting: { reason: 'CreateContainerConfigError', message: 'configmap "settings" not found' },
  });
  assert.deepEqual(state('mounts'), { waiting: { reason: 'ContainerCreating' } });
  assert.ok('running' in state('free'));

  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' } };
  world.backend.write({ ...config, data: { other: 'x' } }, user);
  await world.clock.advance(100);
  assert.match(JSON.stringify(state('app')), /couldn't find key version in ConfigMap shop\/settings/);
  world.backend.write({ ...config, data: { version: 'from-config' } }, user);
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tls', namespace: 'shop' } };
  world.backend.write({ ...secret, data: {} }, user);
  await world.clock.advance(100);
  const address = stringAt(world.pods({ app: 'app' })[0], 'status', 'podIP') ?? '';
  assert.equal((await world.network.send({ address, port: 8080 }, GET)).headers[VERSION_HEADER], 'from-config');
  assert.ok('running' in state('mounts'));
});

test('the environment overrides the image, and nonsense in it is told', async () => {
  const world = workloadWorld();
  const env = (value: string) => ({ env: [{ name: 'SANDBOX_ERROR_RATE', value }] });
  world.backend.write(deployment({ ...one, container: env('1') }), user);
  world.backend.write(deployment({ ...one, name: 'odd', container: env('many') }), user);
  await world.clock.advance(1000);
  const address = stringAt(world.pods({ app: 'app' })[0], 'status', 'podIP') ?? '';
  assert.equal((await world.network.send({ address, port: 8080 }, GET)).status, 500);
  assert.equal(world.waitingReason(world.pods({ app: 'odd' })[0]), 'CreateContainerConfigError');
});

test('a deleted pod serves on while it drains, then its connections are cut', async () => {
  const world = workloadWorld({ drainMs: 1000 });
  world.catalogue.publish('shop/app:1', { latencyMs: 400 });
  world.backend.write(deployment(one), user);
  await world.clock.advance(1000);
  const [pod] = world.pods();
  assert.ok(pod);
  const address = stringAt(pod, 'status', 'podIP') ?? '';
  world.change(world.get('Deployment', 'app'), { replicas: 0 });
  await world.clock.advance(500);
  assert.notEqual(world.get('Pod', pod.metadata.name).metadata.deletionTimestamp, undefined);
  const late = world.network.send({ address, port: 8080 }, GET);
  await world.clock.advance(401);
  assert.equal((await late).status, 200);
  const tooLate = world.network.send({ address, port: 8080 }, GET);
  const cut = assert.rejects(tooLate, { name: 'ConnectionError', message: /has stopped/ });
  await world.clock.advance(1000);
  await cut;
  assert.equal(world.list('Pod').length, 0);
  await assert.rejects(world.network.send({ address, port: 8080 }, GET), /nothing listens/);
});

test('the grace period is the longest that a pod drains', async () => {
  const world = workloadWorld({ drainMs: 60_000 });
  world.backend.write(deployment({ ...one, pod: { terminationGracePeriodSeconds: 3 } }), user);
  await world.clock.advance(1000);
  world.change(world.get('Deployment', 'app'), { replicas: 0 });
  await world.clock.advance(2900);
  assert.equal(world.list('Pod').length, 1);
  await world.clock.advance(200);
  assert.equal(world.list('Pod').length, 0);
});

test('of two containers on one port the second crashes', async () => {
  const world = workloadWorld();
  const twin = { name: 'twin', image: 'shop/app:2', ports: [{ containerPort: 8080 }] };
  const object = deployment(one);
  const containers = [...listAt(object, 'spec', 'template', 'spec', 'containers'), twin];
  const template = { ...recordAt(object, 'spec', 'template'), spec: { containers } };
  world.backend.write({ ...object, spec: { ...recordAt(object, 'spec'), template } }, user);
  await world.clock.advance(1000);
  const reasons = listAt(world.pods()[0], 'status', 'containerStatuses').map((status) =>
    stringAt(status, 'state', 'waiting', 'reason'),
  );
  assert.deepEqual(reasons, [undefined, 'CrashLoopBackOff']);
});

test('a container that crashes before it is ready is not ready in its next life either', async () => {
  const world = workloadWorld({ backOffMs: 10 });
  world.catalogue.publish('shop/app:1', { readyAfterMs: 500, crash: { afterMs: 450 } });
  world.backend.write(deployment(one), user);
  let everReady = false;
  world.backend.subscribe(({ object }) => {
    if (object.kind === 'Pod' && world.condition(object, 'Ready')[0] === 'True') everReady = true;
  });
  await world.clock.advance(3000);
  assert.ok(Number(at(world.pods()[0], 'status', 'containerStatuses', 0, 'restartCount')) > 1);
  assert.equal(everReady, false);
});

test('a pod that is deleted by force is cut off at once', async () => {
  const world = workloadWorld();
  world.backend.write(deployment(one), user);
  await world.clock.advance(1000);
  const [pod] = world.pods();
  assert.ok(pod);
  const target = { address: stringAt(pod, 'status', 'podIP') ?? '', port: 8080 };
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: pod.metadata.name };
  world.backend.remove(ref, { gracePeriodSeconds: 0 });
  await world.clock.settle();
  await assert.rejects(world.network.send(target, GET), /nothing listens/);
});
