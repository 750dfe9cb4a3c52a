import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '#src/lib/json.ts';
import { at, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { sideSelector } from '#src/workload/manifests.ts';
import { apexRestorePatch } from '#src/workload/restore.ts';
import { apexManifest, serviceView, sideServiceManifest } from '#src/workload/services.ts';
import { aCanary, aTarget } from './a-target.ts';

const canary = aCanary();
const selector = sideSelector('primary', { spec: recordAt(aTarget(), 'spec') });

/** Service `podinfo` as it stands in Git. */
const inGit = (spec: JsonRecord = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'podinfo', namespace: 'shop', resourceVersion: '7', labels: { app: 'podinfo' } },
  spec: {
    clusterIP: '10.0.0.1',
    ports: [
      { name: 'web', port: 80, protocol: 'TCP', targetPort: 9898, nodePort: 30080 },
      { name: 'metrics', port: 9797, protocol: 'TCP', targetPort: 'metrics' },
    ],
    selector: { app: 'podinfo', tier: 'web' },
    ...spec,
  },
});

/** What applying leaves behind: here, wanted fields over those that are there; ports by their number. */
const applied = (service: KubeObject, wanted: KubeObject): KubeObject => ({
  ...service,
  metadata: {
    ...service.metadata,
    labels: { ...service.metadata.labels, ...wanted.metadata.labels },
    annotations: { ...service.metadata.annotations, ...wanted.metadata.annotations },
  },
  spec: { ...recordAt(service, 'spec'), ...recordAt(wanted, 'spec') },
});

test('an apex that Serin makes leads to the primary', () => {
  assert.deepEqual(apexManifest({ canary, selector }), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'podinfo',
      namespace: 'shop',
      labels: { 'serin.dev/canary-uid': 'uid-of-podinfo', 'serin.dev/held': 'true' },
      annotations: {
        'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
        'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
      },
    },
    spec: {
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 9898 }],
      selector: { app: 'podinfo', 'serin.dev/role': 'primary' },
    },
  });
});

test('an adopted apex keeps its ports and everything else; it is held, but not Serin’s to delete', () => {
  assert.deepEqual(apexManifest({ canary, selector, existing: inGit() }), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'podinfo',
      namespace: 'shop',
      labels: { 'serin.dev/held': 'true' },
      annotations: {
        'serin.dev/baseline': '{"canaryUid":"uid-of-podinfo","value":{"app":"podinfo","tier":"web"}}',
      },
    },
    spec: { selector: { app: 'podinfo', tier: 'web', 'serin.dev/role': 'primary' } },
  });
});

test('a port that an adopted apex lacks is added', () => {
  const existing = inGit({
    ports: [
      { port: 9797, name: 'metrics' },
      { port: 80, protocol: 'UDP', name: 'dns' },
    ],
  });
  assert.deepEqual(at(apexManifest({ canary, selector, existing }), 'spec', 'ports'), [
    { name: 'http', port: 80, protocol: 'TCP', targetPort: 9898 },
  ]);
});

test('adopting again changes nothing', () => {
  const existing = applied(inGit(), apexManifest({ canary, selector, existing: inGit() }));
  assert.deepEqual(apexManifest({ canary, selector, existing }), apexManifest({ canary, selector, existing: inGit() }));
});

test('a selector that changes in Git is taken up, also for later', () => {
  const adopted = applied(inGit(), apexManifest({ canary, selector, existing: inGit() }));
  const existing = {
    ...adopted,
    spec: { ...recordAt(adopted, 'spec'), selector: { app: 'podinfo', 'serin.dev/role': 'primary' } },
  };
  const wanted = apexManifest({ canary, selector, existing });
  assert.deepEqual(at(wanted, 'spec', 'selector'), { app: 'podinfo', 'serin.dev/role': 'primary' });
  assert.match(wanted.metadata.annotations?.['serin.dev/baseline'] ?? '', /"value":\{"app":"podinfo"\}/);
});

test('a side’s Service has the ports of an adopted apex, without its node ports and labels', () => {
  const service = sideServiceManifest('canary', {
    canary,
    selector: sideSelector('canary', { spec: recordAt(aTarget(), 'spec') }),
    apex: inGit(),
  });
  assert.equal(service.metadata.name, 'podinfo-canary');
  assert.deepEqual(service.metadata.labels, {
    'serin.dev/canary-uid': 'uid-of-podinfo',
    'serin.dev/role': 'canary',
  });
  assert.deepEqual(service['spec'], {
    ports: [
      { name: 'web', port: 80, protocol: 'TCP', targetPort: 9898 },
      { name: 'metrics', port: 9797, protocol: 'TCP', targetPort: 'metrics' },
    ],
    selector: { app: 'podinfo', 'serin.dev/role': 'canary' },
  });
});

test('service.name names all three, and appProtocol goes along', () => {
  const named = aCanary({ service: { name: 'web', appProtocol: 'h2c' } });
  const apex = apexManifest({ canary: named, selector });
  assert.equal(apex.metadata.name, 'web');
  assert.equal(at(apex, 'spec', 'ports', 0, 'appProtocol'), 'h2c');
  assert.equal(sideServiceManifest('primary', { canary: named, selector }).metadata.name, 'web-primary');
});

const pod = (name: string, role: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { 'serin.dev/role': role } },
});
const slice = (...endpoints: readonly (readonly [pod: string, ready?: boolean])[]): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'podinfo-x', namespace: 'shop' },
  endpoints: endpoints.map(([name, ready]) => ({
    addresses: ['10.0.0.9'],
    ...(ready === undefined ? {} : { conditions: { ready } }),
    targetRef: { kind: 'Pod', name },
  })),
});

const view = (service: KubeObject, slices: readonly KubeObject[]) =>
  serviceView({
    service,
    wanted: apexManifest({ canary, selector, existing: inGit() }),
    slices,
    side: 'primary',
    pods: { primary: [pod('p1', 'primary'), pod('p2', 'primary')], canary: [pod('c1', 'canary')] },
    canaryUid: canary.uid,
  });

test('a Service selects one side or something else, and is current when applying would change nothing', () => {
  assert.deepEqual(view(inGit(), [slice(['p1'])]), {
    selects: 'other',
    made: false,
    current: false,
    endpointsMatch: false,
  });
  const adopted = applied(inGit(), apexManifest({ canary, selector, existing: inGit() }));
  assert.deepEqual(view(adopted, [slice(['p1', true], ['p2'])]), {
    selects: 'primary',
    made: false,
    current: true,
    endpointsMatch: true,
  });
  const drifted = { ...adopted, spec: { ...recordAt(adopted, 'spec'), selector: { 'serin.dev/role': 'primary' } } };
  assert.equal(view(drifted, []).current, false);
});

test('endpoints match when there are some and each ready one is a pod of the side', () => {
  const adopted = applied(inGit(), apexManifest({ canary, selector, existing: inGit() }));
  const match = (...slices: readonly KubeObject[]): boolean => view(adopted, slices).endpointsMatch;
  assert.equal(match(), false);
  assert.equal(match(slice(['p1', false])), false);
  assert.equal(match(slice(['p1']), slice(['c1'])), false);
  assert.equal(match(slice(['p1']), slice(['c1', false], ['p2'])), true);
  assert.equal(match(slice(['stranger'])), false);
  const bare = { ...slice(), endpoints: [{ addresses: ['10.0.0.1'] }] };
  assert.equal(match(slice(['p1']), bare), false);
});

const restorePatch = (apex: KubeObject) => apexRestorePatch(apex, { target: aTarget(), primary: undefined });

test('an adopted apex is handed back as it was; one that Serin made is not', () => {
  const adopted = applied(inGit(), apexManifest({ canary, selector, existing: inGit() }));
  assert.deepEqual(restorePatch(adopted), {
    metadata: {
      resourceVersion: '7',
      labels: { 'serin.dev/held': null },
      annotations: { 'serin.dev/baseline': null },
    },
    spec: { selector: { app: 'podinfo', tier: 'web', 'serin.dev/role': null } },
  });
  assert.equal(restorePatch(apexManifest({ canary, selector })), undefined);
  assert.equal(restorePatch(inGit()), undefined);
});

test('a baseline that would select nothing gives way to the target’s own selector', () => {
  const flaggers = inGit({ selector: { app: 'podinfo-primary' } });
  const adopted = applied(flaggers, apexManifest({ canary, selector, existing: flaggers }));
  assert.deepEqual(at(restorePatch(adopted), 'spec', 'selector'), {
    app: 'podinfo',
    'serin.dev/role': null,
  });
});

test('Services of Serin’s making have the metadata and the settings that are asked for, below its own', () => {
  const asked = aCanary({
    service: {
      trafficDistribution: 'PreferClose',
      apex: { labels: { team: 'shop', 'serin.dev/held': 'false' }, annotations: { note: 'a' } },
      canary: { labels: { side: 'canary' } },
    },
  });
  const apex = apexManifest({ canary: asked, selector });
  assert.equal(apex.metadata.labels?.['team'], 'shop');
  assert.equal(apex.metadata.labels?.['serin.dev/held'], 'true');
  assert.equal(apex.metadata.annotations?.['note'], 'a');
  assert.equal(at(apex, 'spec', 'trafficDistribution'), 'PreferClose');
  const side = sideServiceManifest('canary', { canary: asked, selector });
  assert.equal(side.metadata.labels?.['side'], 'canary');
  assert.equal(at(side, 'spec', 'trafficDistribution'), 'PreferClose');
  const adopted = apexManifest({ canary: asked, selector, existing: inGit() });
  assert.equal(adopted.metadata.labels?.['team'], undefined);
  assert.equal(at(adopted, 'spec', 'trafficDistribution'), undefined);
});

test('other ports of the containers are added where that is asked for, but for those of a mesh’s proxy', () => {
  const template = {
    spec: {
      containers: [
        {
          name: 'app',
          ports: [
            { name: 'web', containerPort: 9898 },
            { containerPort: 9999 },
            { name: 'metrics', containerPort: 9797 },
          ],
        },
        { name: 'istio-proxy', ports: [{ name: 'admin', containerPort: 15000 }] },
      ],
    },
  };
  const portsOf = (service: Parameters<typeof aCanary>[0]): unknown =>
    at(sideServiceManifest('canary', { canary: aCanary(service), selector, template }), 'spec', 'ports');
  const own = { name: 'http', port: 80, protocol: 'TCP', targetPort: 9898 };
  assert.deepEqual(portsOf({ service: { portDiscovery: true } }), [
    own,
    { name: 'tcp-app-1', port: 9999, protocol: 'TCP', targetPort: 9999 },
    { name: 'metrics', port: 9797, protocol: 'TCP', targetPort: 9797 },
  ]);
  assert.deepEqual(portsOf({ service: {} }), [own]);
});
