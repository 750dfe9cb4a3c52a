import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAt, recordAt, stringAt } from '#src/lib/json.ts';
import { deployment, service, user, workloadWorld } from './workload-world.ts';

const world = (timings: Parameters<typeof workloadWorld>[0] = {}) => {
  const base = workloadWorld(timings);
  const slices = (name = 'app') =>
    base.list('EndpointSlice').filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name);
  const endpoints = (name = 'app') => slices(name).flatMap((slice) => listAt(slice, 'endpoints'));
  return { ...base, slices, endpoints };
};

test('ready pods of a Service are endpoints with address, target and port', async () => {
  const w = world();
  w.backend.write(service('app', { targetPort: 'http' }), user);
  await w.clock.advance(100);
  assert.equal(w.slices().length, 1);
  assert.deepEqual(w.endpoints(), []);
  w.backend.write(deployment(), user);
  await w.clock.advance(1000);
  const [slice, ...others] = w.slices();
  assert.equal(others.length, 0);
  assert.deepEqual(slice?.['ports'], [{ name: 'http', port: 8080, protocol: 'TCP' }]);
  const pods = w.pods().map(({ metadata: { name, namespace, uid } }) => ({ kind: 'Pod', name, namespace, uid }));
  assert.deepEqual(
    w.endpoints().map((endpoint) => recordAt(endpoint, 'targetRef')),
    pods,
  );
  const conditions = w.endpoints().map((endpoint) => recordAt(endpoint, 'conditions'));
  assert.deepEqual(conditions, Array(2).fill({ ready: true, serving: true, terminating: false }));
});

test('a pod is listed as not ready before it is, and as serving and terminating while it drains', async () => {
  const w = world({ drainMs: 2000 });
  w.backend.write(service('app'), user);
  w.backend.write(deployment({ image: 'shop/app:slow', spec: { replicas: 1 } }), user);
  await w.clock.advance(500);
  const conditions = () => recordAt(w.endpoints()[0], 'conditions');
  assert.deepEqual(conditions(), { ready: false, serving: false, terminating: false });
  await w.clock.advance(3000);
  assert.deepEqual(conditions(), { ready: true, serving: true, terminating: false });
  w.change(w.get('Deployment', 'app'), { replicas: 0 });
  await w.clock.advance(50);
  assert.deepEqual(conditions(), { ready: false, serving: true, terminating: true });
  await w.clock.advance(3000);
  assert.deepEqual(w.endpoints(), []);
});

test('a new selector moves the Service to other pods', async () => {
  const w = world();
  w.backend.write(service('app'), user);
  w.backend.write(deployment({ spec: { replicas: 1 } }), user);
  w.backend.write(deployment({ name: 'other', spec: { replicas: 1 } }), user);
  await w.clock.advance(1000);
  const targets = () => w.endpoints().map((endpoint) => stringAt(endpoint, 'targetRef', 'name')?.split('-')[0]);
  assert.deepEqual(targets(), ['app']);
  w.change(w.get('Service', 'app'), { selector: { app: 'other' } });
  await w.clock.advance(100);
  assert.deepEqual(targets(), ['other']);
  w.change(w.get('Service', 'app'), { selector: {} });
  await w.clock.advance(100);
  assert.deepEqual(w.slices(), []);
});

test('pods whose named port has another number get a slice of their own', async () => {
  const w = world();
  const labels = { app: 'app', side: 'b' };
  w.backend.write(service('app', { targetPort: 'http' }), user);
  w.backend.write(deployment({ spec: { replicas: 1 } }), user);
  const container = { ports: [{ name: 'http', containerPort: 9090 }] };
  w.backend.write(deployment({ name: 'b', labels, container, spec: { replicas: 1 } }), user);
  await w.clock.advance(1000);
  const ports = w.slices().map((slice) => listAt(slice, 'ports').map((port) => recordAt(port)['port']));
  assert.deepEqual(ports.flat().sort(), [8080, 9090]);
});

test('publishNotReadyAddresses makes every endpoint ready', async () => {
  const w = world();
  const app = service('app');
  w.backend.write({ ...app, spec: { ...recordAt(app, 'spec'), publishNotReadyAddresses: true } }, user);
  w.backend.write(deployment({ image: 'shop/app:never', spec: { replicas: 1 } }), user);
  await w.clock.advance(1000);
  assert.deepEqual(recordAt(w.endpoints()[0], 'conditions'), { ready: true, serving: false, terminating: false });
});
