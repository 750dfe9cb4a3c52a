import { at, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import { PodNetwork } from '#src/sandbox/network/pod-network.ts';
import { conditionOf } from '#src/sandbox/workloads/conditions.ts';
import { ImageCatalogue } from '#src/sandbox/workloads/image-catalogue.ts';
import { startWorkloads, type WorkloadTimings } from '#src/sandbox/workloads/start-workloads.ts';

/** Images that most tests need. */
const IMAGES = {
  'shop/app:1': {},
  'shop/app:2': {},
  'shop/app:slow': { readyAfterMs: 2000 },
  'shop/app:never': { neverReady: true },
  'shop/app:crash': { crash: { afterMs: 100, exitCode: 3 } },
  'shop/app:denied': { pullError: 'unauthorized' },
};

export const user = { manager: 'kubectl' };

/** A sandbox cluster with workloads, in virtual time. */
export const workloadWorld = (timings: Partial<WorkloadTimings> = {}) => {
  const clock = new VirtualClock();
  const backend = new SandboxApi({ clock });
  const catalogue = new ImageCatalogue(IMAGES);
  const network = new PodNetwork({ listen: false });
  backend.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, user);
  const stop = startWorkloads({ backend, random: seededRandom(7), catalogue, network, timings });

  const get = (kind: string, name: string): KubeObject => {
    const apiVersion = API_VERSIONS[kind] ?? 'v1';
    const object = backend.read({ apiVersion, kind, namespace: 'shop', name });
    if (object === undefined) throw new Error(`Cannot find ${kind} shop/${name}`);
    return object;
  };
  const list = (kind: string): readonly KubeObject[] =>
    backend.list({ apiVersion: API_VERSIONS[kind] ?? 'v1', kind }, { namespace: 'shop' });
  const condition = (object: KubeObject, type: string): readonly unknown[] => {
    const found = conditionOf(listAt(object, 'status', 'conditions'), type);
    return [stringAt(found, 'status'), stringAt(found, 'reason')];
  };
  const change = (object: KubeObject, spec: Readonly<Record<string, unknown>>): KubeObject =>
    backend.write({ ...object, spec: { ...recordAt(object, 'spec'), ...spec } }, user);
  /** Pods that are not being deleted, with the waiting reason of their first container. */
  const pods = (labels: Readonly<Record<string, string>> = {}): readonly KubeObject[] =>
    backend
      .list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'shop', labels })
      .filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const waitingReason = (pod: KubeObject | undefined): unknown =>
    at(pod, 'status', 'containerStatuses', 0, 'state', 'waiting', 'reason');

  return { clock, backend, catalogue, network, stop, get, list, condition, change, pods, waitingReason };
};

const API_VERSIONS: Readonly<Record<string, string>> = {
  DaemonSet: 'apps/v1',
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  EndpointSlice: 'discovery.k8s.io/v1',
};

export type DeploymentTraits = {
  readonly name?: string;
  readonly image?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly container?: Readonly<Record<string, unknown>>;
  readonly pod?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
};

/** A pod template with one container that serves port 8080, named `http`. */
export const template = ({
  name = 'app',
  image = 'shop/app:1',
  labels = { app: name },
  container = {},
  pod = {},
}: DeploymentTraits = {}) => ({
  metadata: { labels },
  spec: {
    ...pod,
    containers: [{ name: 'app', image, ports: [{ name: 'http', containerPort: 8080 }], ...container }],
  },
});

export const deployment = (traits: DeploymentTraits = {}): KubeObject => {
  const { name = 'app', labels = { app: name }, spec = {} } = traits;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: template(traits), ...spec },
  };
};

export const service = (
  name: string,
  {
    selector = { app: name },
    targetPort = 8080,
  }: { selector?: Record<string, string>; targetPort?: number | string } = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector, ports: [{ name: 'http', port: 80, targetPort, protocol: 'TCP' }] },
});
