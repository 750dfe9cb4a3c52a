import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RESOURCES } from '#src/kube/resources.ts';
import { at, listAt } from '#src/lib/json.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { KUBERNETES_RESOURCES } from '#src/sandbox/api/resources.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';

const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'settings' } };
const ROUTE = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { namespace: 'default', name: 'web' },
  spec: {},
};
const manager = 'test';

test('listeners hear of changes in order, after the code that made them', async () => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  await clock.settle();
  const heard: string[] = [];
  api.subscribe(({ type, object }) => heard.push(`${type} ${object.metadata.name}`));
  api.write(CONFIG, { manager });
  api.write({ ...CONFIG, data: { a: '1' } }, { manager });
  api.write({ ...CONFIG, data: { a: '1' } }, { manager });
  api.remove({ ...CONFIG, ...CONFIG.metadata });
  assert.deepEqual(heard, []);
  await clock.settle();
  assert.deepEqual(heard, ['ADDED settings', 'MODIFIED settings', 'DELETED settings']);
});

test('what is stored cannot be changed from outside', () => {
  const api = new SandboxApi({ clock: new VirtualClock() });
  const data = { a: '1' };
  api.write({ ...CONFIG, data }, { manager });
  data.a = '2';
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', ...CONFIG.metadata };
  assert.deepEqual(api.read(ref)?.['data'], { a: '1' });
  assert.throws(() => Object.assign(api.read(ref)?.metadata ?? {}, { name: 'other' }), TypeError);
});

test('status is written apart from spec and makes no generation', () => {
  const api = new SandboxApi({ clock: new VirtualClock() });
  const ref = { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'default', name: 'web' };
  const { apiVersion, kind, namespace, name } = ref;
  const labels = { app: 'web' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'web:1' }] } };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  const object = { apiVersion, kind, metadata: { namespace, name }, spec };
  api.write({ ...object, status: { replicas: 9 } }, { manager });
  assert.equal(api.read(ref)?.['status'], undefined);
  api.writeStatus(ref, { replicas: 1 }, { manager });
  api.write({ ...object, spec: { ...spec, replicas: 2 } }, { manager });
  assert.deepEqual(api.read(ref)?.['status'], { replicas: 1 });
  assert.equal(api.read(ref)?.metadata.generation, 2);
});

const MAPS = '/api/v1/namespaces/default/configmaps';

test('requests are counted by user, verb and resource, controllers apart', async () => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  api.write(CONFIG, { manager });
  const transport = inProcessTransport(api, { user: 'serin' });
  await transport.request({ method: 'GET', path: `${MAPS}/settings` });
  await transport.request({ method: 'GET', path: `${MAPS}/none` });
  await transport.request({ method: 'GET', path: MAPS });
  const path = '/apis/serin.dev/v1alpha1/namespaces/default/canaries/web/status';
  await transport.request({ method: 'PUT', path, body: {} });
  assert.deepEqual(api.audit.table(), [
    { user: 'serin', verb: 'get', resource: 'configmaps', count: 2 },
    { user: 'serin', verb: 'list', resource: 'configmaps', count: 1 },
    { user: 'serin', verb: 'update', resource: 'canaries.serin.dev/status', count: 1 },
  ]);
  assert.equal(api.audit.count({ verb: 'get' }), 2);
  api.audit.reset();
  assert.equal(api.audit.count(), 0);
});

test('kinds can be left out and registered later', async () => {
  const api = new SandboxApi({ clock: new VirtualClock(), resources: KUBERNETES_RESOURCES });
  const transport = inProcessTransport(api, { user: 'test' });
  const path = '/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes';
  assert.equal((await transport.request({ method: 'GET', path })).status, 404);
  assert.deepEqual(api.list(ROUTE), []);
  assert.throws(() => api.write(ROUTE, { manager }), /could not find/);
  api.register(RESOURCES.httpRoute);
  assert.equal((await transport.request({ method: 'GET', path })).status, 200);
  assert.equal(api.write(ROUTE, { manager }).metadata.generation, 1);
});

test('hooks default and refuse, with who asks and what stood there', () => {
  const api = new SandboxApi({ clock: new VirtualClock() });
  const seen: unknown[] = [];
  api.admit({ group: '', kind: 'ConfigMap' }, (object, { old, user }) => {
    seen.push([user, old?.['data']]);
    if (object['data'] === undefined) return { problems: [{ field: 'data', message: 'Required value' }] };
    return { object: { ...object, immutable: false } };
  });
  assert.throws(() => api.write(CONFIG, { manager }), /ConfigMap "settings" is invalid: data: Required value/);
  assert.equal(api.write({ ...CONFIG, data: { a: '1' } }, { manager })['immutable'], false);
  api.write({ ...CONFIG, data: { a: '2' } }, { manager });
  assert.deepEqual(seen, [
    ['test', undefined],
    ['test', undefined],
    ['test', { a: '1' }],
  ]);
});

test('our own kinds get their defaults and their sentences', async () => {
  const api = new SandboxApi({ clock: new VirtualClock() });
  const transport = inProcessTransport(api, { user: 'test' });
  const path = '/apis/serin.dev/v1alpha1/namespaces/default/canaries';
  const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
  const analysis = { interval: '30s', threshold: 2, stepWeights: [5, 50], metrics };
  const service = { port: 80, gatewayRefs: [{ name: 'edge' }], hosts: ['web.example.com'] };
  const spec = { targetRef: { name: 'web' }, service, analysis };
  const canary = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', metadata: { name: 'web' }, spec };
  const created = await transport.request({ method: 'POST', path, body: canary });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  assert.equal(at(created.body, 'spec', 'targetRef', 'kind'), 'Deployment');
  const wrong = {
    ...canary,
    metadata: { name: 'other' },
    spec: { ...spec, analysis: { ...analysis, stepWeights: [] } },
  };
  const refused = await transport.request({ method: 'POST', path, body: wrong });
  assert.equal(refused.status, 422);
  assert.equal(at(refused.body, 'details', 'causes', 0, 'field'), 'spec.analysis.stepWeights');
  const added = { name: 'request-duration', thresholdRange: { max: 500 } };
  const applied = await transport.request({
    method: 'PATCH',
    path: `${path}/web`,
    query: { fieldManager: 'other' },
    contentType: 'application/apply-patch+yaml',
    body: { ...canary, spec: { analysis: { metrics: [added] } } },
  });
  assert.equal(applied.status, 200, JSON.stringify(applied.body));
  const ref = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'default', name: 'web' };
  const names = listAt(api.read(ref), 'spec', 'analysis', 'metrics').map((item) => at(item, 'name'));
  assert.deepEqual(names, ['request-success-rate', 'request-duration'], 'lists with keys merge as the CRD says');
});

test('a pod that is bound to a node is only marked, until it is removed for good', async () => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  const pod = (name: string, nodeName?: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name },
    spec: { containers: [{ name: 'app', image: 'web:1' }], ...(nodeName === undefined ? {} : { nodeName }) },
  });
  for (const object of [pod('free'), pod('bound', 'node')]) {
    api.write(object, { manager });
    assert.equal(api.remove({ ...object, ...object.metadata }), true);
  }
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'bound' };
  assert.equal(api.read({ ...ref, name: 'free' }), undefined);
  assert.equal(api.read(ref)?.metadata.deletionGracePeriodSeconds, 30);
  assert.equal(api.read(ref)?.metadata.deletionTimestamp, '2026-01-01T00:00:30Z');
  const { resourceVersion } = api.read(ref)?.metadata ?? {};
  api.remove(ref);
  assert.equal(api.read(ref)?.metadata.resourceVersion, resourceVersion, 'again changes nothing');
  api.remove(ref, { gracePeriodSeconds: 0 });
  assert.equal(api.read(ref), undefined);
  assert.equal(api.remove(ref), false);
});

test('a stale object of a controller is a conflict', () => {
  const api = new SandboxApi({ clock: new VirtualClock() });
  const old = api.write({ ...CONFIG, data: { a: '1' } }, { manager });
  api.write({ ...CONFIG, data: { a: '2' } }, { manager });
  assert.throws(() => api.write({ ...old, data: { a: '3' } }, { manager }), /the object has been modified/);
});
