import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { load } from 'js-yaml';
import type { CanaryStatus } from '#src/api/canary-status.ts';
import { isRecord } from '#src/lib/json.ts';
import type { KubeObject, ObjectRef } from '#src/lib/kube-object.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { serveHttp } from '#src/sandbox/api/http-server.ts';
import { kubeconfig } from '#src/sandbox/api/kubeconfig.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import { aCanary, aDeployment } from '#test/harness/manifests.ts';
import { NOW } from './run-serin.ts';

const MANAGER = { manager: 'test' };
const ref: ObjectRef = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'shop', name: 'podinfo' };
const time = (secondsAgo: number): string => new Date(NOW - secondsAgo * 1000).toISOString();

/** Status of a Canary whose second release is at its first step. */
export const progressing = (parts: Partial<CanaryStatus> = {}): CanaryStatus => ({
  phase: 'Progressing',
  canaryWeight: 10,
  conditions: [],
  stable: { revision: 'v1', hash: 'h1', images: { app: 'podinfo:6.0.0' }, since: time(900) },
  quarantine: [],
  outbox: [],
  history: [],
  run: {
    id: 'v2-1',
    revision: 'v2',
    hash: 'h2',
    images: { app: 'podinfo:6.1.0' },
    previous: 'v1',
    strategy: 'canary',
    startedAt: time(20),
    stage: 'shifting',
    stageSince: time(15),
    step: 1,
    weight: { set: 10, since: time(15) },
    checks: [{ name: 'request-success-rate', at: time(5), value: 99.9, min: 99, unit: '%', verdict: 'pass' }],
    kept: [],
    steps: [{ index: 1, weight: 10, from: time(15) }],
    next: { at: time(-5), action: '50 % if the checks hold, rollback if they do not' },
  },
  ...parts,
});

/** Status of the same Canary when that release has ended. */
export const promoted = (): CanaryStatus => {
  const { run: _, ...rest } = progressing();
  return {
    ...rest,
    phase: 'Succeeded',
    canaryWeight: 0,
    stable: { revision: 'v2', hash: 'h2', images: { app: 'podinfo:6.1.0' }, since: time(0) },
    history: [
      {
        id: 'v2-1',
        revision: 'v2',
        previous: 'v1',
        images: { app: 'podinfo:6.1.0' },
        previousImages: { app: 'podinfo:6.0.0' },
        hash: 'h2',
        outcome: 'Promoted',
        sentence: 'Promoted after 20 s',
        startedAt: time(20),
        endedAt: time(0),
        commit: 'a1b2c3d4e5f6',
      },
    ],
  };
};

const owned = (object: KubeObject, owner: KubeObject): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    ownerReferences: [
      { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid ?? '' },
    ],
  },
});

/** A side's Deployment with its ReplicaSet and one pod of it that can't pull its image. */
const addSide = (api: SandboxApi, side: 'primary' | 'canary', image: string): void => {
  const labels = { app: 'podinfo', 'serin.dev/role': side };
  const { spec } = aDeployment(image, { name: `podinfo-${side}`, replicas: 2 });
  const name = `podinfo-${side}`;
  const template = {
    metadata: { labels: { ...labels, 'pod-template-hash': 'abc' } },
    spec: { containers: [{ name: 'app', image }] },
  };
  const selector = { matchLabels: labels };
  const deployment = api.write(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'shop', labels },
      spec: { ...(isRecord(spec) ? spec : {}), selector, template: { ...template, metadata: { labels } } },
    },
    MANAGER,
  );
  const replicaSet = api.write(
    owned(
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: `${name}-abc`, namespace: 'shop', labels: { ...labels, 'pod-template-hash': 'abc' } },
        spec: { replicas: 2, selector: { matchLabels: { ...labels, 'pod-template-hash': 'abc' } }, template },
      },
      deployment,
    ),
    MANAGER,
  );
  const ready = side === 'primary' ? 2 : 1;
  const counts = { replicas: 2, updatedReplicas: 2, readyReplicas: ready, availableReplicas: ready };
  api.writeStatus(
    { ...ref, apiVersion: 'apps/v1', kind: 'Deployment', name },
    { ...counts, observedGeneration: 1 },
    MANAGER,
  );
  if (side === 'primary') return;
  const podName = `${name}-abc-x1`;
  api.write(
    owned(
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: podName, namespace: 'shop', labels: { ...labels, 'pod-template-hash': 'abc' } },
        spec: template.spec,
      },
      replicaSet,
    ),
    MANAGER,
  );
  const waiting = { reason: 'ImagePullBackOff', message: 'no such image' };
  api.writeStatus(
    { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: podName },
    {
      phase: 'Pending',
      containerStatuses: [{ name: 'app', image, ready: false, restartCount: 0, state: { waiting } }],
    },
    MANAGER,
  );
};

/** An API server over HTTP with one Canary under way, and the kubeconfig that leads there, into namespace `shop`. */
export const aCluster = async (context: TestContext) => {
  const clock = new VirtualClock(NOW - 60_000);
  const api = new SandboxApi({ clock });
  const server = await serveHttp(api, { tokens: { token: 'alice' } });
  const folder = await mkdtemp(join(tmpdir(), 'serin-test-'));
  context.after(async () => {
    await server.close();
    api.close();
    await rm(folder, { recursive: true });
  });
  const path = join(folder, 'kubeconfig');
  const config = load(kubeconfig(server.url, 'token'));
  const contexts = [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'sandbox', namespace: 'shop' } }];
  await writeFile(path, JSON.stringify({ ...(isRecord(config) ? config : {}), contexts }));
  for (const name of ['shop', 'serin-system']) {
    api.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, MANAGER);
  }
  addSide(api, 'primary', 'podinfo:6.0.0');
  addSide(api, 'canary', 'podinfo:6.1.0');
  api.write(aCanary(), MANAGER);
  const setStatus = (status: CanaryStatus): void => void api.writeStatus(ref, status, MANAGER);
  setStatus(progressing());
  return { api, folder, kubeconfig: path, url: server.url, setStatus, remove: () => api.remove(ref) };
};
