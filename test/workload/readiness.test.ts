import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '#src/lib/json.ts';
import { recordAt } from '#src/lib/json.ts';
import type { KubeObject, ManagedFields } from '#src/lib/kube-object.ts';
import { deployment, keepsCapacity } from '#src/workload/kinds/deployment.ts';
import { digestsOf } from '#src/workload/readiness.ts';
import { aReplicaSet, around, aTarget } from './a-target.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

/** `podinfo-canary` with two wanted pods, in the given state. */
const aWorkload = (status: JsonRecord = {}, spec: JsonRecord = {}): KubeObject => {
  const target = aTarget({ spec: { replicas: 2, ...spec } });
  return {
    ...target,
    metadata: { ...target.metadata, name: 'podinfo-canary', labels: { 'serin.dev/revision': 'r2' } },
    status: {
      observedGeneration: 3,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      ...status,
    },
  };
};

const aPod = (name: string, status: JsonRecord = {}, owner = 'rs-6d5f8c'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'shop',
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: owner }],
  },
  status: { conditions: [{ type: 'Ready', status: 'True' }], ...status },
});

const container = (fields: JsonRecord): JsonRecord => ({
  containerStatuses: [{ name: 'app', ready: false, ...fields }],
});
const running = (imageID: string): JsonRecord => container({ ready: true, state: { running: {} }, imageID });

const replicaSetsOf = (workload: KubeObject): readonly KubeObject[] =>
  ['6d5f8c', 'old'].map((hash) =>
    aReplicaSet(workload, { hash, ...(hash === 'old' ? { template: { spec: { older: true } } } : {}) }),
  );

const viewOf = (workload: KubeObject, pods: readonly KubeObject[] = [], slices: readonly KubeObject[] = []) =>
  deployment.view(workload, { around: around([...replicaSetsOf(workload), ...pods]), beside: [], slices }) ??
  assert.fail();

test('ready is: every wanted pod of the newest template available, and no other left', () => {
  assert.equal(viewOf(aWorkload()).ready, true);
  assert.equal(viewOf(aWorkload()).waiting, undefined);
  assert.equal(viewOf(aWorkload()).revision, 'r2');
  for (const status of [{ observedGeneration: 2 }, { updatedReplicas: 1 }, { availableReplicas: 1 }, { replicas: 3 }]) {
    assert.equal(viewOf(aWorkload(status)).ready, false, JSON.stringify(status));
  }
  assert.equal(
    viewOf(aWorkload({ replicas: 0, updatedReplicas: 0, availableReplicas: 0 }, { replicas: 0 })).ready,
    false,
  );
});

test('with a percentage, so many of the wanted pods have to be available, rounded up and at least one', () => {
  const isReady = (available: number, readyPercent: number, replicas = 4): boolean => {
    const status = { replicas, updatedReplicas: replicas, availableReplicas: available };
    const workload = aWorkload(status, { replicas });
    const context = { around: around(replicaSetsOf(workload)), beside: [], slices: [], readyPercent };
    return deployment.view(workload, context)?.ready ?? assert.fail();
  };
  assert.deepEqual([isReady(2, 50), isReady(1, 50), isReady(3, 51), isReady(2, 51)], [true, false, true, false]);
  assert.deepEqual([isReady(0, 1), isReady(1, 1)], [false, true]);
  assert.deepEqual([isReady(3, 100), isReady(4, 100)], [false, true]);
});

test('a pod that has just failed is named before the status counts it out', () => {
  const failed = container({ state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } });
  const { ready, waiting } = viewOf(aWorkload(), [aPod('a'), aPod('b', failed)]);
  assert.deepEqual([ready, waiting], [true, 'pod b: container app: exited with 137 (OOMKilled)']);
});

test('what it waits for is said: counts, old pods, refusals, Kubernetes itself', () => {
  const waiting = (status: JsonRecord): string | undefined => viewOf(aWorkload(status)).waiting;
  assert.equal(waiting({ availableReplicas: 1 }), '1 of 2 pods ready');
  assert.equal(waiting({ replicas: 3 }), '1 pod of an older template left');
  assert.equal(waiting({ observedGeneration: 1 }), 'Kubernetes has not acted on its newest spec yet');
  const conditions = [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: pods' }];
  assert.equal(
    waiting({ replicas: 0, updatedReplicas: 0, availableReplicas: 0, conditions }),
    '0 of 2 pods ready: pods are refused: exceeded quota: pods',
  );
});

test('a pod that cannot start is named with its container and reason, the worst first', () => {
  const workload = aWorkload({ availableReplicas: 0 });
  const waiting = (...statuses: readonly JsonRecord[]): string | undefined =>
    viewOf(
      workload,
      statuses.map((status, index) => aPod(`podinfo-canary-${index}`, status)),
    ).waiting;
  assert.equal(
    waiting(container({ state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } } })),
    '0 of 2 pods ready: pod podinfo-canary-0: container app: ImagePullBackOff: no such image',
  );
  assert.equal(
    waiting(
      container({ state: { running: {} } }),
      container({
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      }),
    ),
    '0 of 2 pods ready: pod podinfo-canary-1: container app: CrashLoopBackOff: exited with 137 (OOMKilled)',
  );
  assert.match(waiting(container({ state: { running: {} } })) ?? '', /container app: running, but not ready$/);
  assert.match(waiting(container({ state: { terminated: { exitCode: 1, reason: 'Error' } } })) ?? '', /exited with 1$/);
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }];
  assert.match(waiting({ conditions }) ?? '', /pod podinfo-canary-0: Unschedulable: 0\/3 nodes$/);
  const init = { initContainerStatuses: [{ name: 'migrate', state: { waiting: { reason: 'ErrImagePull' } } }] };
  assert.match(waiting(init) ?? '', /init container migrate: ErrImagePull$/);
  assert.equal(waiting(container({ state: { waiting: { reason: 'ContainerCreating' } } })), '0 of 2 pods ready');
  const long = container({ state: { waiting: { reason: 'X', message: 'y'.repeat(5000) } } });
  assert.ok((waiting(long) ?? '').length < 400);
});

test('a pod that runs and is not ready says which probe or gate it is', () => {
  const workload = aWorkload({ availableReplicas: 0 });
  const waiting = (spec: JsonRecord, status: JsonRecord): string =>
    (viewOf(workload, [{ ...aPod('p', status), spec }]).waiting ?? '').replace(/^.*pod p: /, '');
  const withProbe = (probes: JsonRecord): JsonRecord => ({ containers: [{ name: 'app', ...probes }] });
  const up = container({ state: { running: {} } });
  const words = (probe: JsonRecord): string => waiting(withProbe({ readinessProbe: probe }), up);
  assert.equal(
    words({ httpGet: { path: '/readyz', port: 'http' } }),
    'container app: running, but not ready: its readiness probe (GET /readyz at port http) does not pass',
  );
  assert.match(words({ tcpSocket: { port: 5432 } }), /\(a connection to port 5432\)/);
  assert.match(words({ grpc: { port: 9000 } }), /\(gRPC health at port 9000\)/);
  assert.match(words({ exec: { command: ['check', '--token=hunter2'] } }), /probe \(a command\) does not pass$/);
  const starting = container({ started: false, state: { running: {} } });
  const both = withProbe({ startupProbe: { tcpSocket: { port: 1 } }, readinessProbe: { tcpSocket: { port: 2 } } });
  assert.match(waiting(both, starting), /its startup probe \(a connection to port 1\) does not pass$/);

  const conditions = [
    { type: 'ContainersReady', status: 'True' },
    { type: 'Ready', status: 'False' },
  ];
  const readinessGates = [{ conditionType: 'target-health.elbv2.k8s.aws/x' }];
  assert.equal(
    waiting({ readinessGates }, { ...running(digest('a')), conditions }),
    'its readiness gate target-health.elbv2.k8s.aws/x is not True',
  );
});

test('a pod that its node has given up says why', () => {
  const evicted = {
    phase: 'Failed',
    reason: 'Evicted',
    message: 'The node was low on resource: memory',
    conditions: [],
  };
  const { waiting } = viewOf(aWorkload({ availableReplicas: 1 }), [aPod('p', evicted)]);
  assert.equal(waiting, '1 of 2 pods ready: pod p: Evicted: The node was low on resource: memory');
});

test('who has paused a side, or taken all its pods, is named', () => {
  const by = (field: string): readonly ManagedFields[] => [
    { manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:spec': { [field]: {} } } },
  ];
  const named = (spec: JsonRecord, managedFields: readonly ManagedFields[]): string | undefined => {
    const workload = aWorkload({ availableReplicas: 0 }, spec);
    return viewOf({ ...workload, metadata: { ...workload.metadata, managedFields } }).waiting;
  };
  assert.equal(named({ replicas: 0 }, by('f:replicas')), 'no replicas are wanted, as kubectl has set it');
  assert.equal(
    named({ paused: true }, by('f:paused')),
    'it is paused, as kubectl has set it: set its spec.paused to false',
  );
});

test('pods of other workloads and of older templates are not looked at', () => {
  const broken = container({ state: { waiting: { reason: 'ErrImagePull' } } });
  const { waiting, digests } = viewOf(aWorkload({ availableReplicas: 1 }), [aPod('old', broken, 'rs-old')]);
  assert.equal(waiting, '1 of 2 pods ready');
  assert.equal(digests, undefined);
});

test('digests are those that ready pods of the newest template run, when they agree', () => {
  const image = (letter: string): string => `docker.io/shop/podinfo@${digest(letter)}`;
  const of = (...pods: readonly KubeObject[]) => viewOf(aWorkload(), pods).digests;
  assert.deepEqual(of(aPod('a', running(image('a'))), aPod('b', running(image('a')))), { app: digest('a') });
  assert.equal(of(aPod('a', running(image('a'))), aPod('b', running(image('b')))), undefined);
  assert.deepEqual(of(aPod('a', running(digest('a')))), {}, 'an image that was never pulled has no digest to pull by');
  const unready = aPod('c', { ...running(image('c')), conditions: [{ type: 'Ready', status: 'False' }] });
  assert.deepEqual(of(aPod('a', running(image('a'))), unready), { app: digest('a') });
  assert.equal(of(unready), undefined);
  assert.equal(digestsOf([]), undefined);
});

test('it is pinned when its images carry the digests that are asked for', () => {
  const pinned = (digests: Record<string, string> | undefined): boolean =>
    deployment.view(aWorkload(), { around: around([]), beside: [], slices: [], digests })?.pinned === true;
  assert.equal(pinned(undefined), true);
  assert.equal(pinned({ app: digest('a') }), false);
  assert.equal(pinned({ proxy: 'sha256:0000' }), true);
});

test('Kubernetes giving up counts for the newest spec only', () => {
  const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];
  assert.equal(viewOf(aWorkload({ conditions })).deadlineExceeded, true);
  assert.equal(viewOf(aWorkload({ conditions, observedGeneration: 2 })).deadlineExceeded, false);
  assert.equal(viewOf(aWorkload()).deadlineExceeded, false);
});

test('endpoints are counted once for each pod', () => {
  const endpoints = ['a', 'a', 'b'].map((name) => ({ addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', name } }));
  const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 's' }, endpoints };
  assert.equal(viewOf(aWorkload(), [], [slice]).endpoints, 2);
});

test('capacity is kept as Kubernetes resolves the strategy', () => {
  const keeps = (replicas: number, strategy: JsonRecord | undefined): boolean => {
    const { strategy: _, ...spec } = recordAt(aTarget(), 'spec');
    return keepsCapacity({ ...aTarget(), spec: { ...spec, replicas, ...(strategy && { strategy }) } });
  };
  const rolling = (maxSurge: number | string, maxUnavailable: number | string): JsonRecord => ({
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge, maxUnavailable },
  });
  assert.equal(keeps(3, rolling(1, 0)), true);
  assert.equal(keeps(3, rolling(1, 1)), false);
  assert.equal(keeps(3, rolling('25%', '25%')), true);
  assert.equal(keeps(4, rolling('25%', '25%')), false);
  assert.equal(keeps(3, undefined), true);
  assert.equal(keeps(4, undefined), false);
  assert.equal(keeps(3, rolling(0, '25%')), false, 'both 0 means unavailable 1');
  assert.equal(keeps(3, { type: 'Recreate' }), false);
});
