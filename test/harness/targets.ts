import { stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { sandboxNode } from '#src/sandbox/workloads/sandbox-node.ts';
import { aWorld, type World, type WorldOptions } from './a-world.ts';
import { aCanary, aDeployment, adopting, aRoute, aService } from './manifests.ts';
import type { Owner } from './release.ts';

type Spec = Readonly<Record<string, unknown>>;
type Pod = Readonly<Record<string, unknown>>;

/** Requests a second of the users in these worlds. */
const RPS = 20;

/** The target of a team that runs a pod on each node. */
export const aDaemonSet = (
  image: string,
  { name = 'podinfo', spec = {}, pod = {} }: { readonly name?: string; readonly spec?: Spec; readonly pod?: Pod } = {},
): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name, namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { ...pod, containers: [{ name: 'app', image, ports: [{ name: 'http', containerPort: 9898 }] }] },
    },
    ...spec,
  },
});

/** No node loses its pod while a version is rolled out. */
export const SURGE: Spec = {
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
};

export const aDaemonCanary = (spec: Parameters<typeof aCanary>[0] = {}): KubeObject =>
  aCanary({ targetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'podinfo' }, ...adopting(), ...spec });

export const daemonSet = (world: World, name: string): KubeObject | undefined =>
  world.read({ apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'shop', name });

/** Names of the nodes on which pods of a DaemonSet are that are not going, each as often as it has one. */
export const nodesOf = (world: World, name: string): readonly string[] => {
  const uid = daemonSet(world, name)?.metadata.uid;
  return world.cluster.api
    .list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'shop' })
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map((pod) => stringAt(pod, 'spec', 'nodeName') ?? '')
    .sort();
};

/** podinfo 6.0.0 serves from each of three nodes, without Serin. */
export const servingOnNodes = async (
  owner: Owner,
  { target = aDaemonSet('podinfo:6.0.0'), ...options }: WorldOptions & { readonly target?: KubeObject } = {},
): Promise<World> => {
  const world = aWorld({ rps: RPS, ...options });
  owner.after(world.stop);
  for (const name of ['b', 'c']) world.apply(sandboxNode(name));
  world.apply(aService());
  world.apply(aRoute());
  world.apply(target);
  await world.clock.advance(1000);
  return world;
};

/** The same, taken over. */
export const takenOverOnNodes = async (
  owner: Owner,
  {
    canary = aDaemonCanary(),
    ...options
  }: Parameters<typeof servingOnNodes>[1] & { readonly canary?: KubeObject } = {},
): Promise<World> => {
  const world = await servingOnNodes(owner, options);
  world.startController();
  world.apply(canary);
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return world;
};

/** A version of podinfo that its team runs itself. */
export const aVersion = (version: string): KubeObject => {
  const deployment = aDeployment(`podinfo:${version}`, {
    name: `podinfo-${version.replaceAll('.', '-')}`,
    replicas: 2,
  });
  const labels = { app: 'podinfo', version };
  const spec = { containers: [{ name: 'app', image: `podinfo:${version}`, ports: [{ containerPort: 9898 }] }] };
  return {
    ...deployment,
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
};

/** The Service in Git by which the team says which version it wants. */
export const aWish = (version: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'wanted', namespace: 'shop' },
  spec: { selector: { app: 'podinfo', version }, ports: [{ name: 'http', port: 80, targetPort: 9898 }] },
});

export const aServiceCanary = (spec: Parameters<typeof aCanary>[0] = {}): KubeObject =>
  aCanary({
    targetRef: { apiVersion: 'v1', kind: 'Service', name: 'wanted' },
    ...adopting(),
    ...spec,
    service: { port: 80, targetPort: 9898, name: 'podinfo', ...spec.service },
  });

/** The Service that users call, as the team has it in Git. */
const aCalled = (version: string): KubeObject => ({
  ...aWish(version),
  metadata: { name: 'podinfo', namespace: 'shop' },
});

/** podinfo 6.0.0 serves behind Service `podinfo` and is what is wanted; others run beside it, of which one is bad. */
export const servingVersions = async (owner: Owner, route: KubeObject = aRoute()): Promise<World> => {
  const world = aWorld({ rps: RPS });
  owner.after(world.stop);
  for (const version of ['6.0.0', '6.1.0', '6.2.0', '6.9.0-bad']) world.apply(aVersion(version));
  world.apply(aCalled('6.0.0'));
  world.apply(route);
  world.apply(aWish('6.0.0'));
  await world.clock.advance(1000);
  return world;
};

/** The same, taken over. */
export const takenOverService = async (owner: Owner, canary: KubeObject = aServiceCanary()): Promise<World> => {
  const world = await servingVersions(owner);
  world.startController();
  world.apply(canary);
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return world;
};
