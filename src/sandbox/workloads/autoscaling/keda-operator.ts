import type { Cancel } from '../../../lib/clock.ts';
import { listAt, numberAt, recordAt, sameJson, stringAt } from '../../../lib/json.ts';
import { type KubeObject, keyOf, refOf } from '../../../lib/kube-object.ts';
import type { ClusterBackend } from '../../backend.ts';
import type { EventController } from '../event-controller.ts';
import { KeyQueue } from '../key-queue.ts';
import { controlledBy } from '../ownership.ts';
import { wantedReplicas } from '../replica-sets-of.ts';

export type KedaOptions = {
  readonly backend: ClusterBackend;
  /** What a PromQL query gives now; undefined for nothing. */
  readonly query: (query: string) => number | undefined;
  readonly delayMs: number;
};

const KIND = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject' } as const;
const HPA = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' } as const;
const MANAGER = 'keda-operator';
const NAME_LABEL = 'scaledobject.keda.sh/name';
const PAUSED_REPLICAS = 'autoscaling.keda.sh/paused-replicas';
const PAUSED = 'autoscaling.keda.sh/paused';

const hpaName = (scaledObject: KubeObject): string =>
  stringAt(scaledObject, 'spec', 'advanced', 'horizontalPodAutoscalerConfig', 'name') ??
  `keda-hpa-${scaledObject.metadata.name}`;

const hpaRef = (scaledObject: KubeObject) => ({
  ...HPA,
  namespace: scaledObject.metadata.namespace ?? '',
  name: hpaName(scaledObject),
});

const triggersOf = (scaledObject: KubeObject): readonly unknown[] => listAt(scaledObject, 'spec', 'triggers');
const metricName = (index: number): string => `s${index}-prometheus`;

const countOf = (scaledObject: KubeObject, field: string): number | undefined => numberAt(scaledObject, 'spec', field);

/** Whether, and at how many replicas, it is paused. */
const pauseOf = ({ metadata: { annotations = {} } }: KubeObject): { readonly replicas?: number } | undefined => {
  const replicas = annotations[PAUSED_REPLICAS];
  if (replicas !== undefined) return { replicas: Number(replicas) };
  return annotations[PAUSED] === 'true' ? {} : undefined;
};

/**
 * A stand-in for KEDA: a HorizontalPodAutoscaler of external metrics for each ScaledObject with triggers of type
 * prometheus, which are asked of the sandbox's own; scaling from and to zero; pauses, for which the autoscaler goes and
 * the workload is brought to the number that they say. `external` serves the metrics to whoever runs the autoscalers.
 */
export const createKedaOperator = (
  options: KedaOptions,
): EventController & {
  readonly external: (namespace: string, name: string, labels: Readonly<Record<string, string>>) => number | undefined;
} => {
  const { backend, query, delayMs } = options;
  const { clock } = backend;
  const lastActive = new Map<string, number>();
  const timers = new Map<string, Cancel>();

  const measured = (trigger: unknown): number | undefined =>
    stringAt(trigger, 'type') === 'prometheus' ? query(stringAt(trigger, 'metadata', 'query') ?? '') : undefined;

  const workloadOf = (scaledObject: KubeObject): KubeObject | undefined =>
    backend.read({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: scaledObject.metadata.namespace ?? '',
      name: stringAt(scaledObject, 'spec', 'scaleTargetRef', 'name') ?? '',
    });

  const scale = (scaledObject: KubeObject, replicas: number): void => {
    const workload = workloadOf(scaledObject);
    if (workload === undefined || wantedReplicas(workload) === replicas) return;
    backend.write({ ...workload, spec: { ...recordAt(workload, 'spec'), replicas } }, { manager: MANAGER });
  };

  const report = (scaledObject: KubeObject, told: Readonly<Record<string, readonly [boolean, string]>>): void => {
    const conditions = Object.entries(told).map(([type, [isTrue, message]]) => ({
      type,
      status: isTrue ? 'True' : 'False',
      message,
    }));
    const before = recordAt(scaledObject, 'status');
    const status = { ...before, hpaName: hpaName(scaledObject), conditions };
    if (!sameJson(status, before)) backend.writeStatus(refOf(scaledObject), status, { manager: MANAGER });
  };

  const hpaFor = (scaledObject: KubeObject): KubeObject => {
    const { name, namespace } = scaledObject.metadata;
    const target = workloadOf(scaledObject);
    return {
      ...HPA,
      metadata: {
        name: hpaName(scaledObject),
        ...(namespace === undefined ? {} : { namespace }),
        labels: { [NAME_LABEL]: name },
        ownerReferences: [controlledBy(scaledObject)],
      },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target?.metadata.name },
        minReplicas: Math.max(1, countOf(scaledObject, 'minReplicaCount') ?? 0),
        maxReplicas: countOf(scaledObject, 'maxReplicaCount') ?? 100,
        behavior: recordAt(scaledObject, 'spec', 'advanced', 'horizontalPodAutoscalerConfig')['behavior'],
        metrics: triggersOf(scaledObject).map((trigger, index) => ({
          type: 'External',
          external: {
            metric: { name: metricName(index), selector: { matchLabels: { [NAME_LABEL]: name } } },
            target: { type: 'AverageValue', averageValue: stringAt(trigger, 'metadata', 'threshold') ?? '1' },
          },
        })),
      },
    };
  };

  /** From zero and to zero, which a HorizontalPodAutoscaler does not do. */
  const poll = (key: string): void => {
    const scaledObject = read(key);
    timers.delete(key);
    if (scaledObject === undefined || pauseOf(scaledObject) !== undefined) return;
    timers.set(
      key,
      clock.after((countOf(scaledObject, 'pollingInterval') ?? 30) * 1000, () => poll(key)),
    );
    const workload = workloadOf(scaledObject);
    if (workload === undefined) return;
    const current = wantedReplicas(workload);
    const min = countOf(scaledObject, 'minReplicaCount') ?? 0;
    const idle = countOf(scaledObject, 'idleReplicaCount');
    const isActive = triggersOf(scaledObject).some((trigger) => (measured(trigger) ?? 0) > 0);
    if (isActive) lastActive.set(key, clock.now());
    const coolsUntil = (lastActive.get(key) ?? 0) + (countOf(scaledObject, 'cooldownPeriod') ?? 300) * 1000;
    if (isActive && (current === 0 || (idle !== undefined && current < min))) scale(scaledObject, Math.max(1, min));
    if (isActive || clock.now() < coolsUntil) return;
    if (idle !== undefined && current > idle) scale(scaledObject, idle);
    else if (idle === undefined && min === 0 && current > 0) scale(scaledObject, 0);
    else if (idle === undefined && current < min) scale(scaledObject, min);
  };

  const read = (key: string): KubeObject | undefined => {
    const [namespace = '', name = ''] = key.split('/');
    return backend.read({ ...KIND, namespace, name });
  };

  const sync = (key: string): void => {
    const scaledObject = read(key);
    if (scaledObject === undefined || scaledObject.metadata.deletionTimestamp !== undefined) return;
    const pause = pauseOf(scaledObject);
    if (pause !== undefined) {
      timers.get(key)?.();
      timers.delete(key);
      backend.remove(hpaRef(scaledObject));
      if (pause.replicas !== undefined) scale(scaledObject, pause.replicas);
      report(scaledObject, { Paused: [true, 'ScaledObject is paused'] });
      return;
    }
    const strange = triggersOf(scaledObject).find((trigger) => stringAt(trigger, 'type') !== 'prometheus');
    if (strange !== undefined) {
      const words = `the sandbox has no trigger of type ${stringAt(strange, 'type')}: it has prometheus`;
      report(scaledObject, { Ready: [false, words], Paused: [false, ''] });
      return;
    }
    if (workloadOf(scaledObject) === undefined) {
      report(scaledObject, { Ready: [false, 'the scale target does not exist'], Paused: [false, ''] });
      return;
    }
    const wanted = hpaFor(scaledObject);
    const standing = backend.read(hpaRef(scaledObject));
    backend.write(standing === undefined ? wanted : { ...standing, spec: wanted['spec'] }, { manager: MANAGER });
    report(scaledObject, { Ready: [true, 'ScaledObject is defined correctly'], Paused: [false, ''] });
    if (!timers.has(key)) {
      lastActive.set(key, clock.now());
      poll(key);
    }
  };

  const queue = new KeyQueue({ clock, delayMs, sync });

  return {
    external: (namespace, name, labels) => {
      const scaledObject = read(`${namespace}/${labels[NAME_LABEL] ?? ''}`);
      const index = Number(/^s(\d+)-prometheus$/.exec(name)?.[1] ?? Number.NaN);
      const trigger = scaledObject === undefined ? undefined : triggersOf(scaledObject)[index];
      return trigger === undefined ? undefined : measured(trigger);
    },
    onEvent: ({ type, object }) => {
      if (object.kind !== KIND.kind) return;
      const key = keyOf(object.metadata);
      if (type !== 'DELETED') {
        queue.add(key);
        return;
      }
      timers.get(key)?.();
      timers.delete(key);
      lastActive.delete(key);
    },
    stop: () => {
      queue.stop();
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
};
