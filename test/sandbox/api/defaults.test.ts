import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';

const manager = 'test';
const metadata = { namespace: 'default', name: 'web' };
const selector = { matchLabels: { app: 'web' } };
const write = (object: KubeObject): KubeObject =>
  new SandboxApi({ clock: new VirtualClock() }).write(object, { manager });
const workload = (kind: string, pod: Readonly<Record<string, unknown>>, spec: Readonly<Record<string, unknown>> = {}) =>
  write({
    apiVersion: 'apps/v1',
    kind,
    metadata,
    spec: { selector, template: { metadata: { labels: { app: 'web' } }, spec: pod }, ...spec },
  });

/** As a real kube-apiserver 1.36 stores it. */
test('a pod template is stored with the defaults of Kubernetes', () => {
  const stored = workload('Deployment', {
    serviceAccountName: 'web',
    containers: [
      {
        name: 'app',
        image: 'registry.example.com:5000/web',
        ports: [{ containerPort: 80 }],
        env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        readinessProbe: { httpGet: { port: 80 } },
      },
      { name: 'side', image: 'side@sha256:0000' },
    ],
    volumes: [{ name: 'config', configMap: { name: 'settings' } }, { name: 'scratch' }],
  });
  const container = { resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' };
  assert.deepEqual(at(stored, 'spec', 'template', 'spec'), {
    containers: [
      {
        ...container,
        name: 'app',
        image: 'registry.example.com:5000/web',
        imagePullPolicy: 'Always',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        env: [{ name: 'POD', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
        readinessProbe: {
          httpGet: { path: '/', port: 80, scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
      },
      { ...container, name: 'side', image: 'side@sha256:0000', imagePullPolicy: 'IfNotPresent' },
    ],
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    serviceAccount: 'web',
    serviceAccountName: 'web',
    terminationGracePeriodSeconds: 30,
    volumes: [
      { name: 'config', configMap: { name: 'settings', defaultMode: 420 } },
      { name: 'scratch', emptyDir: {} },
    ],
  });
});

test('defaults are a fixed point: what is stored can be written again without a change', () => {
  const pod = { containers: [{ name: 'app', image: 'web:latest', livenessProbe: { grpc: { port: 1 } } }] };
  const api = new SandboxApi({ clock: new VirtualClock() });
  for (const kind of ['Deployment', 'DaemonSet', 'ReplicaSet']) {
    const stored = api.write({ ...workload(kind, pod), metadata }, { manager });
    const { metadata: again } = api.write(stored, { manager });
    assert.equal(again.resourceVersion, stored.metadata.resourceVersion, kind);
  }
});

test('a strategy keeps what it says: Recreate has no rolling update', () => {
  const pod = { containers: [{ name: 'app', image: 'web:1' }] };
  const strategy = (value: unknown): unknown =>
    at(workload('Deployment', pod, { strategy: value }), 'spec', 'strategy');
  assert.deepEqual(strategy({ type: 'Recreate' }), { type: 'Recreate' });
  assert.deepEqual(strategy({ rollingUpdate: { maxUnavailable: 0 } }), {
    type: 'RollingUpdate',
    rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' },
  });
});

test('workloads that could not work are refused, each field with its cause', () => {
  const pod = { containers: [{ name: 'app', image: 'web:1' }] };
  const refused: readonly (readonly [() => unknown, RegExp])[] = [
    [() => workload('Deployment', { containers: [] }), /spec\.template\.spec\.containers: Required value/],
    [() => workload('Deployment', { containers: [{ name: 'app' }] }), /containers\[0\]\.image: Required value/],
    [
      () => workload('Deployment', { containers: [...pod.containers, ...pod.containers] }),
      /containers\[1\]\.name: Duplicate value: "app"/,
    ],
    [() => workload('Deployment', { ...pod, restartPolicy: 'Never' }), /restartPolicy: Unsupported value: "Never"/],
    [() => workload('Deployment', pod, { replicas: -1 }), /spec\.replicas: Invalid value: -1/],
    [() => workload('Deployment', pod, { selector: {} }), /empty selector is invalid/],
    [() => workload('Deployment', pod, { selector: undefined }), /spec\.selector: Required value/],
    [
      () =>
        workload('Deployment', pod, {
          selector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] },
        }),
      /does not match template/,
    ],
  ];
  for (const [attempt, words] of refused) assert.throws(attempt, words);
});

test('Services: names, ports and addresses', () => {
  const api = new SandboxApi({ clock: new VirtualClock() });
  const service = (name: string, spec: Readonly<Record<string, unknown>>) =>
    api.write({ apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name }, spec }, { manager });
  const ports = [{ port: 80 }];
  assert.equal(at(service('a', { ports, clusterIP: '10.96.0.2' }), 'spec', 'clusterIP'), '10.96.0.2');
  assert.equal(at(service('b', { ports }), 'spec', 'clusterIP'), '10.96.0.1');
  assert.equal(at(service('c', { ports }), 'spec', 'clusterIP'), '10.96.0.3', 'the chosen one is left out');
  assert.equal(at(service('headless', { clusterIP: 'None' }), 'spec', 'clusterIPs', 0), 'None');
  assert.equal(
    at(service('name', { type: 'ExternalName', externalName: 'example.com' }), 'spec', 'clusterIP'),
    undefined,
  );
  assert.throws(() => service('d', { ports, clusterIP: '10.96.0.2' }), /provided IP is already allocated/);
  assert.throws(() => service('a.b', { ports }), /metadata\.name: .*must not contain dots/);
  assert.throws(() => service('d', {}), /spec\.ports: Required value/);
  assert.throws(() => service('d', { ports: [{ port: 80 }, { port: 81 }] }), /spec\.ports\[0\]\.name: Required value/);
  const twice = [
    { name: 'a', port: 80 },
    { name: 'b', port: 80 },
  ];
  assert.throws(() => service('d', { ports: twice }), /spec\.ports\[1\]: Duplicate value/);
});
