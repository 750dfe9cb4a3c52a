import type { Cancel } from '../../../lib/clock.ts';
import { listAt, numberAt, recordAt, sameJson, stringAt } from '../../../lib/json.ts';
import { type KubeObject, keyOf, refOf } from '../../../lib/kube-object.ts';
import { timestamp } from '../../api/metadata.ts';
import type { ClusterBackend } from '../../backend.ts';
import type { PodNetwork } from '../../network/pod-network.ts';
import { carriedOver, type StatusCondition } from '../conditions.ts';
import type { EventController } from '../event-controller.ts';
import { selects } from '../label-selector.ts';
import type { ObjectIndex } from '../object-index.ts';
import { MANAGER } from '../ownership.ts';
import { hasEnded } from '../pod-status.ts';
import { wantedReplicas } from '../replica-sets-of.ts';
import { limited, type Past } from './behaviour.ts';
import { type Demand, demandOf, type Scene } from './metric-demand.ts';
import { PodLoad } from './pod-load.ts';

export type HpaControllerOptions = {
  readonly backend: ClusterBackend;
  readonly index: ObjectIndex;
  readonly network: Pick<PodNetwork, 'requestsTo'>;
  /** How often every autoscaler is looked at; 15 s in Kubernetes. */
  readonly syncMs: number;
  /** Value of an external metric; undefined when nobody serves it. */
  readonly external: (namespace: string, name: string, labels: Readonly<Record<string, string>>) => number | undefined;
};

const KIND = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' } as const;
const HISTORY_MS = 3_600_000;

type Told = Omit<StatusCondition, 'lastTransitionTime'>;
type Verdict = {
  readonly replicas: number;
  readonly conditions: readonly Told[];
  readonly metrics?: readonly unknown[];
};

const condition = (type: string, status: 'True' | 'False', told: readonly [reason: string, message: string]): Told => ({
  type,
  status,
  reason: told[0],
  message: told[1],
});

const ABLE = condition('AbleToScale', 'True', [
  'SucceededGetScale',
  "the HPA controller was able to get the target's current scale",
]);

/**
 * HorizontalPodAutoscalers as kube-controller-manager runs them: at an interval, by the load that pods really get, with
 * stabilization and policies, the bounds before everything else, and nothing at all for a target at 0 replicas.
 */
export const createHpaController = (options: HpaControllerOptions): EventController => {
  const { backend, index, network, syncMs, external } = options;
  const { clock } = backend;
  const load = new PodLoad({ network, clock });
  const recommended = new Map<string, readonly Past[]>();
  const changes = new Map<string, readonly Past[]>();

  const note = (past: Map<string, readonly Past[]>, key: string, replicas: number): void => {
    const now = clock.now();
    const kept = (past.get(key) ?? []).filter(({ at }) => at > now - HISTORY_MS);
    past.set(key, [...kept, { at: now, replicas }]);
  };

  const podsOf = (workload: KubeObject): readonly KubeObject[] =>
    index
      .list('Pod', workload.metadata.namespace ?? '')
      .filter((pod) => selects(recordAt(workload, 'spec')['selector'], pod.metadata.labels ?? {}))
      .filter((pod) => !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined);

  /** What the metrics ask for: the most of any; one that fails keeps it from being less than what stands. */
  const measured = (autoscaler: KubeObject, scene: Scene): Verdict => {
    const demands = listAt(autoscaler, 'spec', 'metrics').map((metric) => demandOf(metric, scene));
    const known = demands.flatMap((demand) => ('replicas' in demand ? demand : []));
    const failed = demands.find((demand): demand is Extract<Demand, { reason: string }> => 'reason' in demand);
    const asked = Math.max(...known.map(({ replicas }) => replicas), failed === undefined ? 0 : scene.current);
    const metrics = known.map(({ status }) => status);
    if (known.length === 0 && failed !== undefined) {
      const words = `the HPA was unable to compute the replica count: ${failed.message}`;
      return {
        replicas: scene.current,
        conditions: [ABLE, condition('ScalingActive', 'False', [failed.reason, words])],
      };
    }
    const words = 'the HPA was able to successfully calculate a replica count from its metrics';
    const active = condition('ScalingActive', 'True', ['ValidMetricFound', words]);
    return { replicas: asked, conditions: [ABLE, active], metrics };
  };

  const judge = (autoscaler: KubeObject, workload: KubeObject): Verdict => {
    const key = keyOf(autoscaler.metadata);
    const current = wantedReplicas(workload);
    const min = numberAt(autoscaler, 'spec', 'minReplicas') ?? 1;
    const max = numberAt(autoscaler, 'spec', 'maxReplicas') ?? 1;
    if (!recommended.has(key)) note(recommended, key, current);
    if (current === 0 && min > 0) {
      const words = 'scaling is disabled since the replica count of the target is zero';
      return { replicas: 0, conditions: [ABLE, condition('ScalingActive', 'False', ['ScalingDisabled', words])] };
    }
    if (current > max) return { replicas: max, conditions: [ABLE] };
    if (current < min) return { replicas: min, conditions: [ABLE] };
    const { namespace = '' } = autoscaler.metadata;
    const pods = podsOf(workload);
    const scene = { pods, current, load, external: external.bind(undefined, namespace) };
    const verdict = measured(autoscaler, scene);
    const past = { recommended: recommended.get(key) ?? [], changes: changes.get(key) ?? [] };
    const allowed = limited({ autoscaler, now: clock.now(), current, asked: verdict.replicas, ...past });
    if (verdict.metrics !== undefined) note(recommended, key, verdict.replicas);
    return { ...verdict, replicas: Math.min(max, Math.max(min, allowed)) };
  };

  const write = (autoscaler: KubeObject, status: unknown): void => {
    if (!sameJson(status, autoscaler['status'])) backend.writeStatus(refOf(autoscaler), status, { manager: MANAGER });
  };

  const sync = (autoscaler: KubeObject): void => {
    const { namespace = '' } = autoscaler.metadata;
    const [kind, name] = ['kind', 'name'].map((field) => stringAt(autoscaler, 'spec', 'scaleTargetRef', field) ?? '');
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: name ?? '' };
    const workload = kind === 'Deployment' ? backend.read(ref) : undefined;
    const before = listAt(autoscaler, 'status', 'conditions');
    const told = (conditions: readonly Told[]): readonly StatusCondition[] =>
      conditions.map((one) => carriedOver(before, one, clock.now()));
    if (workload === undefined) {
      const words = `the HPA controller was unable to get the target's current scale: deployments.apps "${name}" not found`;
      const conditions = told([condition('AbleToScale', 'False', ['FailedGetScale', words])]);
      write(autoscaler, { conditions, currentMetrics: null, desiredReplicas: 0 });
      return;
    }
    const current = wantedReplicas(workload);
    const { replicas, conditions, metrics } = judge(autoscaler, workload);
    if (replicas !== current) {
      backend.write({ ...workload, spec: { ...recordAt(workload, 'spec'), replicas } }, { manager: MANAGER });
      note(changes, keyOf(autoscaler.metadata), replicas - current);
    }
    const lastScaleTime =
      replicas === current ? stringAt(autoscaler, 'status', 'lastScaleTime') : timestamp(clock.now());
    write(autoscaler, {
      conditions: told(conditions),
      currentMetrics: metrics ?? null,
      ...(current === 0 ? {} : { currentReplicas: current }),
      desiredReplicas: replicas,
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    });
  };

  const round = (): void => {
    const autoscalers = backend.list(KIND).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const namespaces = new Set(autoscalers.map(({ metadata }) => metadata.namespace ?? ''));
    load.sample([...namespaces].flatMap((namespace) => index.list('Pod', namespace)));
    for (const autoscaler of autoscalers) sync(autoscaler);
    next = autoscalers.length === 0 ? undefined : clock.after(syncMs, round);
  };
  let next: Cancel | undefined;

  return {
    onEvent: ({ type, object }) => {
      if (object.kind !== KIND.kind) return;
      next ??= clock.after(syncMs, round);
      if (type !== 'DELETED') return;
      recommended.delete(keyOf(object.metadata));
      changes.delete(keyOf(object.metadata));
    },
    stop: () => next?.(),
  };
};
