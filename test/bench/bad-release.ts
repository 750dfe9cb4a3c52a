import { type CanaryStatus, parseCanaryStatus } from '#src/api/canary-status.ts';
import { systemClock } from '#src/lib/clock.ts';
import { listAt, numberAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { matcher } from '#src/sandbox/prometheus/matcher.ts';
import { valuesIn } from '#src/sandbox/prometheus/series-store.ts';
import { aDeployment } from '#test/harness/manifests.ts';
import type { RealCluster } from './real-cluster.ts';

/** What happened when in one bad release, ms since the epoch, and what it cost. */
export type BadRelease = {
  /** The canary's first weight. */
  readonly exposed: number;
  /** End of the window that failed. */
  readonly windowEnd: number;
  /** The first sample in that window that shows failures was stored. */
  readonly breached: number;
  /** The route was written with weight 0. */
  readonly withdrawn: number;
  /** The status was written with the outcome. */
  readonly decided: number;
  /** The remote had the revert. */
  readonly committed: number;
  readonly failures: number;
};

type Moments = Partial<Record<'exposed' | 'withdrawn' | 'decided' | 'committed' | 'windowEnd', number>>;

/** Pushes `image`, which is bad, over what serves, and resolves when it is taken back in cluster and Git. */
export const badRelease = async (real: RealCluster, image: string): Promise<BadRelease> => {
  const { cluster, git, load } = real;
  const moments: Moments = {};
  const note = (moment: keyof Moments, at = systemClock.now()): void => {
    moments[moment] ??= at;
  };
  const unsubscribe = cluster.api.subscribe(({ object }) => {
    const weight = object.kind === 'HTTPRoute' && object.metadata.name === 'podinfo' ? canaryWeight(object) : undefined;
    if (weight !== undefined && weight > 0) note('exposed');
    if (weight === 0 && moments.exposed !== undefined) note('withdrawn');
    const { run } = object.kind === 'Canary' ? statusOf(object) : {};
    if (run?.outcome !== undefined && run.windowEnd !== undefined) {
      note('decided');
      note('windowEnd', Date.parse(run.windowEnd));
    }
  });
  git.onPush = (moment) => {
    if (moment === 'after') note('committed');
  };
  const mark = load.snapshot();
  const runs = real.canary().history.length;
  real.apply(aDeployment(image, { replicas: 0 }));
  const over = (): boolean =>
    real.canary().run === undefined && real.canary().history.length > runs && moments.committed !== undefined;
  await real.until(`end of ${image}`, over);
  unsubscribe();
  const { windowEnd = 0 } = moments;
  const breached = firstFailure(real, windowEnd);
  const { exposed, withdrawn, decided, committed } = moments;
  if (!exposed || !breached || !withdrawn || !decided || !committed) {
    throw new Error(`Cannot time ${image}: saw only ${JSON.stringify({ ...moments, breached })}`);
  }
  const { failures } = load.since(mark);
  return { exposed, windowEnd, breached, withdrawn, decided, committed, failures };
};

const WINDOW_MS = 1000;

/** When the first sample of the window was stored that counts more failures than there were before it. */
const firstFailure = ({ cluster }: RealCluster, windowEnd: number): number | undefined => {
  const name = matcher('__name__', '=', { value: 'traefik_service_requests_total' });
  const failures = cluster.series.select([name, matcher('code', '=~', { value: '5..' })]);
  const before = { after: 0, until: windowEnd - WINDOW_MS };
  const window = { after: before.until, until: windowEnd };
  const times = failures.flatMap(({ samples }) => {
    const known = valuesIn(samples, before).at(-1)?.value ?? 0;
    return valuesIn(samples, window).filter(({ value }) => value > known);
  });
  return times.map(({ time }) => time).sort((a, b) => a - b)[0];
};

const statusOf = (object: KubeObject): Partial<CanaryStatus> => parseCanaryStatus(object['status']);

/** Weight of the route's backend that is the canary; undefined when it has none. */
const canaryWeight = (route: KubeObject): number | undefined => {
  const backends = listAt(route, 'spec', 'rules', 0, 'backendRefs');
  const canary = backends.find((backend) => stringAt(backend, 'name')?.endsWith('-canary'));
  return numberAt(canary, 'weight');
};
