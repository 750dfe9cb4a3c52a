import { systemClock } from '#src/lib/clock.ts';
import { numberAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { aDeployment } from '#test/harness/manifests.ts';
import { aFleet, nameOf } from './fleet.ts';
import { type Measure, type Spread, spreadOf } from './measure.ts';
import type { RealCluster } from './real-cluster.ts';

/** The application of a canary that is wanted with at least one pod; undefined for any other object. */
const canaryOf = ({ kind, metadata, ...object }: KubeObject): string | undefined => {
  const [, name] = /^(.+)-canary$/.exec(metadata.name) ?? [];
  return kind === 'Deployment' && (numberAt(object, 'spec', 'replicas') ?? 0) > 0 ? name : undefined;
};

/** How long a change of a target takes to its canary, as far as waiting goes: virtual time has no computing in it. */
export const scaleUp = async (): Promise<readonly Measure[]> => {
  const { world, stop } = await aFleet(1);
  const { clock, cluster } = world;
  const begun = clock.now();
  let scaledAt: number | undefined;
  const unsubscribe = cluster.api.subscribe(({ object }) => {
    if (canaryOf(object) === nameOf(0)) scaledAt ??= clock.now();
  });
  world.apply(aDeployment('podinfo:6.1.0', { replicas: 0 }));
  await clock.until(() => scaledAt !== undefined, 60_000);
  unsubscribe();
  await stop();
  return [
    {
      name: 'Change in the API → canary scaled up, virtual time',
      budget: '< 1 s',
      value: (scaledAt ?? Number.NaN) - begun,
      unit: 'ms',
      held: undefined,
      detail: 'what is waited for alone: the ReplicaSet that Kubernetes makes of the new template',
    },
  ];
};

/** Changes these targets at once; how long each took until its canary was wanted, ms of real time. */
export const changeAll = async (real: RealCluster, names: readonly string[]): Promise<Spread> => {
  const begun = systemClock.monotonic();
  const took = new Map<string, number>();
  const unsubscribe = real.cluster.api.subscribe(({ object }) => {
    const name = canaryOf(object);
    if (name !== undefined && names.includes(name) && !took.has(name)) took.set(name, systemClock.monotonic() - begun);
  });
  for (const name of names) real.apply(aDeployment('podinfo:6.1.0', { name, replicas: 0 }));
  await real.until(`${names.length} canaries scaled up`, () => took.size === names.length);
  unsubscribe();
  return spreadOf([...took.values()]);
};
