import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canarySpec } from '#src/api/canary.ts';
import { at, type JsonRecord, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { service } from '#src/workload/kinds/service.ts';
import { namesOf } from '#src/workload/names.ts';
import { preflight } from '#src/workload/preflight.ts';
import { apexRestorePatch } from '#src/workload/restore.ts';
import { findRevision } from '#src/workload/revision.ts';
import { revisionRecord } from '#src/workload/revision-record.ts';
import { aCanary, around } from '../a-target.ts';

const spec = canarySpec.parse({
  targetRef: { apiVersion: 'v1', kind: 'Service', name: 'wanted' },
  service: { port: 80, targetPort: 9898, name: 'podinfo', gatewayRefs: [{ name: 'edge' }] },
  analysis: {},
});
const canary = { ...aCanary(), spec };

const of = (version: string) => ({ app: 'podinfo', version });
const PORT = { name: 'http', port: 80, protocol: 'TCP', targetPort: 9898 };
const aService = (selector: JsonRecord, fields: JsonRecord = {}, name = 'wanted'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop', uid: name, resourceVersion: '7' },
  spec: { type: 'ClusterIP', clusterIP: '10.96.0.9', selector, ports: [{ ...PORT, nodePort: 30080 }], ...fields },
});
const wanted = aService(of('1'));

const aPod = (name: string, version: string, image = `podinfo:${version}`): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { ...of(version), 'pod-template-hash': 'x' } },
  spec: { containers: [{ name: 'app', image }] },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});
const slice = (name: string, ...pods: readonly (readonly [pod: string, ready?: boolean])[]): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${name}-x`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
  endpoints: pods.map(([pod, ready = true]) => ({
    addresses: ['10.0.0.1'],
    conditions: { ready },
    targetRef: { kind: 'Pod', name: pod },
  })),
});

const find = (target: KubeObject, pods: readonly KubeObject[] = [], slices: readonly KubeObject[] = []) => {
  const found = findRevision({ target, around: around(pods, { slices }), configs: () => 'missing', named: [] });
  return 'waiting' in found ? assert.fail(found.waiting) : found;
};

test('the revision is the hash of selector and ports, and of nothing else', () => {
  const { id, hash } = find(wanted);
  assert.match(id, /^[0-9a-f]{10}$/);
  assert.ok(hash.startsWith(id));
  const same = [
    aService({ version: '1', app: 'podinfo' }),
    aService(of('1'), { ports: [PORT], clusterIP: '10.96.0.10', sessionAffinity: 'ClientIP' }),
    aService(of('1'), { ports: [{ name: 'http', port: 80, targetPort: 9898 }] }),
  ];
  for (const other of same) assert.equal(find(other).id, id, JSON.stringify(other['spec']));
  const different = [
    aService(of('2')),
    aService(of('1'), { ports: [{ ...PORT, targetPort: 'http' }] }),
    aService(of('1'), { ports: [PORT, { ...PORT, name: 'more', port: 81 }] }),
    aService(of('1'), { ports: [{ ...PORT, appProtocol: 'grpc' }] }),
  ];
  assert.equal(new Set([id, ...different.map((other) => find(other).id)]).size, 5);
});

test('images are those of its ready pods, as far as all agree', () => {
  const pods = [aPod('a', '1'), aPod('b', '1'), aPod('c', '1', 'podinfo:rc')];
  assert.deepEqual(find(wanted, pods, [slice('wanted', ['a'], ['b'])]).images, { app: 'podinfo:1' });
  assert.deepEqual(find(wanted, pods, [slice('wanted', ['a'], ['c'])]).images, {});
  assert.deepEqual(find(wanted, [], []).images, {});
});

test('while its endpoints are those of another selector its version is not known', () => {
  const options = { configs: () => 'missing' as const, named: [] };
  const slices = [slice('wanted', ['a'])];
  const lagging = findRevision({ target: aService(of('2')), around: around([aPod('a', '1')], { slices }), ...options });
  assert.deepEqual(lagging, { waiting: 'The endpoints of Service shop/wanted are not those of its selector yet' });
});

const record = revisionRecord(wanted, find(wanted));
const side = (name: 'primary' | 'canary') => service.side(name, record, { canary, replicas: 3 });

test('a side is a Service with the recorded selector, and with the port that the Canary asks for', () => {
  const primary = side('primary');
  assert.deepEqual(primary.metadata, {
    name: 'podinfo-primary',
    namespace: 'shop',
    labels: { 'serin.dev/canary-uid': canary.uid, 'serin.dev/role': 'primary', 'serin.dev/revision': record.revision },
    annotations: {
      'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
      'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
    },
  });
  assert.deepEqual(JSON.parse(JSON.stringify(primary['spec'])), { selector: of('1'), ports: [PORT] });
  const elsewhere = aService(of('1'), { ports: [{ ...PORT, port: 8080 }] });
  const other = service.side('canary', revisionRecord(elsewhere, find(elsewhere)), { canary, replicas: 1 });
  assert.deepEqual(
    [0, 1].map((index) => at(other, 'spec', 'ports', index, 'port')),
    [8080, 80],
  );
  assert.deepEqual(namesOf(spec).workload, namesOf(spec).service);
});

test('without a run the canary selects nobody, and stands for no revision', () => {
  const idle = service.idle(canary, wanted) ?? assert.fail();
  assert.equal(idle.metadata.labels?.['serin.dev/revision'], undefined);
  assert.deepEqual(at(idle, 'spec', 'selector'), { 'serin.dev/role': 'none', 'serin.dev/canary-uid': canary.uid });
  assert.equal(service.view(idle, { around: around([]), beside: [], slices: [] }), undefined);
});

const viewOf = (pods: readonly KubeObject[], ...endpoints: Parameters<typeof slice>[1][]) => {
  const slices = [slice('podinfo-canary', ...endpoints)];
  const canarySide = side('canary');
  return service.view(canarySide, { around: around(pods, { slices }), beside: [], slices, wanted: canarySide });
};

test('a side is ready when it leads to a ready pod, and to none that its selector does not mean', () => {
  const pods = [aPod('a', '1'), aPod('b', '1'), aPod('old', '0')];
  const ready = viewOf(pods, ['a'], ['b', false]);
  assert.deepEqual(ready, {
    revision: record.revision,
    pinned: true,
    replicas: 1,
    readyReplicas: 1,
    ready: true,
    endpoints: 1,
    deadlineExceeded: false,
    keepsCapacity: true,
    digests: {},
    deleting: false,
  });
  const lagging = viewOf(pods, ['a'], ['old']);
  assert.deepEqual([lagging?.ready, lagging?.endpoints], [false, 1]);
  assert.equal(lagging?.waiting, 'its endpoints are not those of its selector yet');
  assert.deepEqual([viewOf(pods)?.ready, viewOf(pods)?.waiting], [false, 'no pod carries app=podinfo,version=1']);
  const starting = { ...aPod('a', '1'), status: {} };
  assert.equal(viewOf([starting], ['a', false])?.waiting, '0 of 1 pods ready');
  const waiting = { name: 'app', ready: false, state: { waiting: { reason: 'ImagePullBackOff' } } };
  const failing = { ...starting, status: { containerStatuses: [waiting] } };
  assert.equal(viewOf([failing], ['a', false])?.waiting, 'pod a: container app: ImagePullBackOff');
});

test('what users call is led by the primary’s selector, and handed back with it', () => {
  const sources = { canary, target: wanted, side: side('primary'), record: () => record };
  const made = service.service('apex', { ...sources, apex: undefined });
  assert.deepEqual(at(made, 'spec', 'selector'), of('1'));
  const before = aService({ app: 'podinfo', version: '0' }, {}, 'podinfo');
  const adopted = service.service('apex', { ...sources, apex: before }) ?? assert.fail();
  assert.deepEqual(at(adopted, 'spec'), { selector: of('1') });
  const standing: KubeObject = {
    ...before,
    metadata: { ...before.metadata, ...adopted.metadata },
    spec: { ...recordAt(before, 'spec'), selector: of('1') },
  };
  assert.deepEqual(service.service('apex', { ...sources, apex: standing })?.metadata, adopted.metadata);
  const patch = apexRestorePatch(standing, { target: aService(of('2')), primary: side('primary') });
  assert.deepEqual(at(patch, 'spec', 'selector'), of('1'), 'neither an old version nor one that is not judged');
  assert.equal(service.service('apex', { ...sources, side: undefined, apex: before }), undefined);
});

const problems = (target: KubeObject, ...others: readonly KubeObject[]) =>
  preflight({
    canary,
    others: [],
    networkPolicies: [],
    get: ({ kind, name }) => [target, ...others].find((one) => one.kind === kind && one.metadata.name === name),
  }).map(({ where, message }) => `${where}: ${message}`);

test('a Service that cannot be released is told', () => {
  assert.deepEqual(problems(wanted), []);
  assert.deepEqual(problems(aService({})), [
    'Service shop/wanted: it has no selector; want one that matches the pods of the version to release',
  ]);
  assert.match(problems(aService(of('1'), { type: 'ExternalName' }))[0] ?? '', /is of type ExternalName/);
  assert.deepEqual(problems(aService(of('1'), { ports: [{ ...PORT, targetPort: 8080 }] })), [
    'Service shop/wanted: its port 80 leads to 8080, spec.service.targetPort says 9898; want the same',
  ]);
  assert.match(problems(wanted, aService(of('2'), {}, 'podinfo-primary'))[0] ?? '', /has a name that Serin needs/);
  const own = { ...wanted, metadata: { ...wanted.metadata, labels: { 'serin.dev/canary-uid': 'other' } } };
  assert.match(problems(own)[0] ?? '', /was made by Serin for another Canary; want the Service that stands in Git/);
});

test('users are not led elsewhere by the take-over itself', () => {
  assert.deepEqual(problems(wanted, aService(of('1'), {}, 'podinfo')), []);
  assert.match(
    problems(wanted, aService(of('0'), {}, 'podinfo'))[0] ?? '',
    /it selects app=podinfo,version=0, the target app=podinfo,version=1; want the same/,
  );
  const baseline = JSON.stringify({ canaryUid: canary.uid, value: of('0') });
  const adopted = aService(of('0'), {}, 'podinfo');
  const led = { ...adopted, metadata: { ...adopted.metadata, annotations: { 'serin.dev/baseline': baseline } } };
  assert.deepEqual(problems(wanted, led), [], 'during a run they rightly differ');
});
