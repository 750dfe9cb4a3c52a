import { setTimeout } from 'node:timers/promises';
import { load } from 'js-yaml';
import { type CanaryStatus, parseCanaryStatus } from '#src/api/canary-status.ts';
import { numberAt } from '#src/lib/json.ts';
import { apply, kubectl } from '../../cluster/rig/kubectl.ts';
import type { ACluster } from '../../cluster/world/a-cluster.ts';
import { type Call, callsOf, isRenewal } from '../../cluster/world/audit.ts';
import { canaryObject } from '../../cluster/world/canary-manifest.ts';
import { publish } from '../../cluster/world/images.ts';
import { deploymentYaml, imageOf, type Place, placeOf, routeYaml, serviceYaml } from '../../cluster/world/place.ts';
import type { Serin } from '../../cluster/world/serin.ts';
import { until } from '../../cluster/world/until.ts';
import { apexRule } from './apex-rule.ts';
import type { MeasuredPlane } from './planes.ts';
import { removeNamespace } from './remove-namespace.ts';
import { type Counted, startSteadyUsers } from './steady-users.ts';

export const STEP_WEIGHTS = [5, 10, 20, 40, 60] as const;
const VERSIONS = { stable: '6.0.0', next: '6.1.0' } as const;
/** After the end of a run, until the last pods have ended with their last requests, and the last event is written. */
const SETTLE_MS = 10_000;

/** One good release, as its users counted it and as the API server's audit log has it. */
export type GoodRelease = Counted & {
  readonly outcome: string;
  readonly sentence: string;
  readonly tookMs: number;
  /** Serin's in the application's namespace, in order; renewals apart. */
  readonly calls: readonly Call[];
};

/** An application that Serin has taken over is released under load. */
export const goodRelease = async (
  cluster: ACluster,
  { of, serin }: { readonly of: MeasuredPlane; readonly serin: Serin },
): Promise<GoodRelease> => {
  const { rig } = cluster;
  const place = placeOf({ namespace: `release-${of.plane.toLowerCase()}`, plane: of.plane });
  await takeOver(cluster, place);
  const users = startSteadyUsers(place);
  try {
    await until('answers', () => (users.counted().quick.versions[VERSIONS.stable]?.requests ?? 0) > 200);
    // So that Prometheus knows the plane's series before they are asked for.
    await setTimeout(3000);
    users.mark();
    const from = Date.now();
    const image = `app=${imageOf(place, VERSIONS.next)}`;
    await kubectl(rig, ['-n', place.namespace, 'set', 'image', `deployment/${place.app}`, image]);
    const ended = await until('end of the run', async () => {
      const { history, run } = await statusOf(cluster, place);
      return run === undefined ? history[0] : undefined;
    });
    await setTimeout(SETTLE_MS);
    const counted = users.counted();
    const calls = await callsOf(rig, { user: serin.user, from, to: Date.now() });
    return {
      ...counted,
      outcome: ended.outcome,
      sentence: ended.sentence,
      tookMs: Date.parse(ended.endedAt) - Date.parse(ended.startedAt),
      calls: calls.filter((call) => !isRenewal(call) && call.namespace === place.namespace),
    };
  } finally {
    await users.stop();
    // While Serin runs, which lets its Canary go.
    await removeNamespace(rig, place.namespace);
  }
};

const statusOf = async ({ client }: ACluster, { namespace, app }: Place): Promise<CanaryStatus> => {
  const ref = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace, name: app };
  return parseCanaryStatus((await client.get(ref))?.['status']);
};

const takeOver = async (cluster: ACluster, place: Place): Promise<void> => {
  const { rig, client } = cluster;
  const { namespace, app } = place;
  publish(rig, Object.fromEntries(Object.values(VERSIONS).map((version) => [imageOf(place, version), {}])));
  await apply(rig, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  const team = [deploymentYaml(place, VERSIONS.stable), serviceYaml(place), routeYaml(place)].map((yaml) => load(yaml));
  await apply(rig, [...team, ...apexRule(place), canaryObject(place, { stepWeights: STEP_WEIGHTS })]);
  await until(`take-over in ${namespace}`, async () => {
    const target = await client.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: app });
    const hasNoPods =
      numberAt(target, 'spec', 'replicas') === 0 && numberAt(target, 'status', 'replicas') === undefined;
    return (await statusOf(cluster, place)).phase === 'Initialized' && hasNoPods;
  });
};
