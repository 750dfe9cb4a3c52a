import { foreignOwnerOf } from '../../api/field-owner.ts';
import { HELD_LABEL } from '../../api/names.ts';
import { at, numberAt, recordAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import { imagesOf, POD_TEMPLATE_HASH, podLabels, templateHash, templateOf } from '../pod-template.ts';
import { conditionOf, isObserved } from '../readiness.ts';
import { currentReplicaSet, isOwnedBy } from '../replica-set.ts';
import { availableNeeded, type Progress, podSides } from './pod-sides.ts';
import type { Around, SideContext, TargetKind } from './target-kind.ts';
import { targetPodProblems } from './target-problems.ts';

const replicaSetsOf = (deployment: KubeObject, around: Around): readonly KubeObject[] =>
  around.ownedBy('ReplicaSet', deployment.metadata.uid ?? '');

const podsOf = (deployment: KubeObject, around: Around): readonly KubeObject[] =>
  replicaSetsOf(deployment, around).flatMap((set) => around.ownedBy('Pod', set.metadata.uid ?? ''));

const resolved = (value: unknown, { of, round }: { readonly of: number; readonly round: 'up' | 'down' }): number => {
  if (typeof value === 'number') return value;
  const percent = Number.parseInt(typeof value === 'string' ? value : '25%', 10);
  return round === 'up' ? Math.ceil((percent * of) / 100) : Math.floor((percent * of) / 100);
};

/**
 * True when a rolling update takes no ready pod away before its successor is ready. Percentages resolve as in
 * Kubernetes: surge up, unavailable down, and when both come to 0, unavailable is 1.
 */
export const keepsCapacity = (deployment: KubeObject): boolean => {
  const strategy = at(deployment, 'spec', 'strategy');
  if ((stringAt(strategy, 'type') ?? 'RollingUpdate') !== 'RollingUpdate') return false;
  const replicas = numberAt(deployment, 'spec', 'replicas') ?? 1;
  const surge = resolved(at(strategy, 'rollingUpdate', 'maxSurge'), { of: replicas, round: 'up' });
  const unavailable = resolved(at(strategy, 'rollingUpdate', 'maxUnavailable'), { of: replicas, round: 'down' });
  return unavailable === 0 && surge > 0;
};

/** Who has set a field of the spec, where that was not Serin: `, as kubectl has set it`. */
const asSetBy = (deployment: KubeObject, field: string): string => {
  const manager = foreignOwnerOf(deployment, ['f:spec', field]);
  return manager === undefined ? '' : `, as ${manager} has set it`;
};

/** Why a Deployment is not ready, as far as its own status tells. */
const waitingFor = (deployment: KubeObject, wanted: number): Pick<Progress, 'counts' | 'otherwise'> => {
  const status = (field: string): number => numberAt(deployment, 'status', field) ?? 0;
  if (wanted === 0) return { counts: `no replicas are wanted${asSetBy(deployment, 'f:replicas')}` };
  if (at(deployment, 'spec', 'paused') === true) {
    return { counts: `it is paused${asSetBy(deployment, 'f:paused')}: set its spec.paused to false` };
  }
  const available = status('availableReplicas');
  const old = status('replicas') - status('updatedReplicas');
  const failure = conditionOf(deployment, 'ReplicaFailure');
  const refusal = stringAt(failure, 'status') === 'True' ? stringAt(failure, 'message') : undefined;
  return {
    counts:
      available < wanted || old <= 0
        ? `${available} of ${wanted} pods ready`
        : `${old} ${old === 1 ? 'pod' : 'pods'} of an older template left`,
    ...(refusal === undefined ? {} : { otherwise: `pods are refused: ${refusal}` }),
  };
};

const progressOf = (
  deployment: KubeObject,
  { around, readyPercent }: Pick<SideContext, 'around' | 'readyPercent'>,
): Progress => {
  const status = (field: string): number => numberAt(deployment, 'status', field) ?? 0;
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1;
  const observed = isObserved(deployment);
  const newest = currentReplicaSet(deployment, replicaSetsOf(deployment, around))?.metadata.uid;
  const progressing = conditionOf(deployment, 'Progressing');
  return {
    replicas: wanted,
    readyReplicas: status('readyReplicas'),
    ready:
      observed &&
      wanted > 0 &&
      status('updatedReplicas') === wanted &&
      status('availableReplicas') >= availableNeeded(wanted, readyPercent) &&
      status('replicas') === wanted,
    newest: podsOf(deployment, around).filter((pod) => isOwnedBy(pod, newest)),
    ...waitingFor(deployment, wanted),
    deadlineExceeded:
      observed &&
      stringAt(progressing, 'status') === 'False' &&
      stringAt(progressing, 'reason') === 'ProgressDeadlineExceeded',
    keepsCapacity: keepsCapacity(deployment),
  };
};

/** Deployments: their revision is the pod-template-hash of the ReplicaSet that Kubernetes makes for the template. */
export const deployment: TargetKind = {
  kind: 'Deployment',
  apiVersion: 'apps/v1',
  template: templateOf,
  hash: templateHash,
  name: (target, { around }) => {
    const set = currentReplicaSet(target, replicaSetsOf(target, around));
    const name = set && podLabels(templateOf(set))[POD_TEMPLATE_HASH];
    if (name !== undefined) return { name };
    const who = `Deployment ${keyOf(target.metadata)}`;
    return at(target, 'spec', 'paused') === true
      ? {
          waiting: `${who} is paused, so Kubernetes makes no ReplicaSet for its template: set spec.paused to false`,
          isStuck: true,
        }
      : { waiting: `Kubernetes has made no ReplicaSet for the template of ${who} yet` };
  },
  images: (object) => imagesOf(templateOf(object)),
  recorded: (target) => {
    const { replicas: _, paused: __, ...spec } = recordAt(target, 'spec');
    return spec;
  },
  size: (target) => {
    const replicas = numberAt(target, 'spec', 'replicas') ?? 1;
    const scaledBy = foreignOwnerOf(target, ['f:spec', 'f:replicas']);
    const isHeld = target.metadata.labels?.[HELD_LABEL] === 'true';
    return {
      replicas,
      readyReplicas: numberAt(target, 'status', 'readyReplicas') ?? 0,
      ...(scaledBy === undefined ? {} : { scaledBy }),
      ...(replicas > 0 || isHeld ? {} : { unheld: true as const }),
    };
  },
  scaled: ({ apiVersion, kind, metadata: { name, namespace } }, replicas) => ({
    type: 'apply',
    object: {
      apiVersion,
      kind,
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(replicas === 0 ? { labels: { [HELD_LABEL]: 'true' } } : {}),
      },
      spec: { replicas },
    },
  }),
  leftToFlagger: () => undefined,
  problems: (target) => targetPodProblems(target),
  counted: (object) => ({
    wanted: numberAt(object, 'spec', 'replicas') ?? 1,
    ready: numberAt(object, 'status', 'readyReplicas') ?? 0,
  }),
  emptied: (object) =>
    stringAt(object, 'spec', 'strategy', 'type') === 'Recreate'
      ? { why: 'spec.strategy is Recreate, which leaves no pod while a version starts', want: 'RollingUpdate' }
      : undefined,
  pods: podsOf,
  ...podSides({ kind: 'Deployment', progress: progressOf, sized: (spec, replicas) => ({ ...spec, replicas }) }),
};
