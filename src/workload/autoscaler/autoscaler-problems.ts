import { makerOf } from '../../api/field-owner.ts';
import { isMadeFor } from '../../api/ownership.ts';
import type { Problem } from '../../api/problem.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import type { CanaryIdentity } from '../names.ts';
import { namesOf } from '../names.ts';
import { type AutoscalerRef, ownBounds, primaryBounds } from './bounds.ts';
import { primaryAutoscalerName, triggerNames } from './primary-autoscaler.ts';
import { scaledWorkload, scalesDeployment } from './scaled-workload.ts';

const WHERE = 'spec.autoscalerRef';

const invalid = (message: string, where = WHERE): readonly Problem[] => [{ where, message, reason: 'InvalidSpec' }];

/** Queries for triggers that the ScaledObject does not have: nobody would ask them. */
const queryProblems = (source: KubeObject, { primaryScalerQueries = {} }: AutoscalerRef): readonly Problem[] => {
  const names = triggerNames(source);
  return Object.keys(primaryScalerQueries)
    .filter((name) => !names.includes(name))
    .flatMap((name) => {
      const known = names.length === 0 ? 'none of its triggers has a name' : `its triggers are ${names.join(', ')}`;
      const message = `ScaledObject ${keyOf(source.metadata)} has no trigger named "${name}": ${known}; want the name of one`;
      return invalid(message, `${WHERE}.primaryScalerQueries`);
    });
};

/** What is wrong with the autoscaler that the Canary names. */
const namedProblems = (
  ref: AutoscalerRef,
  {
    canary,
    source,
    standing,
  }: { canary: CanaryIdentity; source: KubeObject | undefined; standing: KubeObject | undefined },
): readonly Problem[] => {
  const { target, workload } = namesOf(canary.spec);
  const key = keyOf({ namespace: canary.namespace, name: ref.name });
  if (source === undefined) return invalid(`${ref.kind} ${key} does not exist: create it, or remove autoscalerRef`);
  if (isMadeFor(source, canary.uid))
    return invalid(`${ref.kind} ${key} is the primary’s, which Serin has made; want the target’s`);
  if (!scalesDeployment(source, target)) {
    const { kind, name } = scaledWorkload(source);
    return invalid(
      `${ref.kind} ${key} scales ${kind} ${name}; want one whose scaleTargetRef is Deployment ${target}, from which Serin makes that of ${workload.primary}`,
    );
  }
  if (ref.kind === 'HorizontalPodAutoscaler' && ownBounds(source).min === 0) {
    return invalid(
      `${ref.kind} ${key} has minReplicas 0, with which it goes on scaling a target that is at 0; want at least 1, or a ScaledObject`,
    );
  }
  const { min, max } = primaryBounds(source, ref);
  if (min > max) {
    return invalid(
      `The primary would have at least ${min} and at most ${max} replicas, together with ${ref.kind} ${key}; want primaryScalerReplicas that fit it`,
      `${WHERE}.primaryScalerReplicas`,
    );
  }
  // One that scales the primary may be left from before; one that scales something else is somebody's.
  if (standing !== undefined && !isMadeFor(standing, canary.uid) && !scalesDeployment(standing, workload.primary)) {
    const message = `it has a name that Serin needs and was made by ${makerOf(standing)}; want it deleted or renamed`;
    return invalid(
      message,
      `${ref.kind} ${keyOf({ namespace: canary.namespace, name: primaryAutoscalerName(ref.name) })}`,
    );
  }
  return queryProblems(source, ref);
};

/** The autoscaler behind a HorizontalPodAutoscaler: KEDA makes one for each ScaledObject. */
const behind = (autoscaler: KubeObject): Pick<AutoscalerRef, 'kind' | 'name' | 'apiVersion'> => {
  const owner = autoscaler.metadata.ownerReferences?.find(({ kind }) => kind === 'ScaledObject');
  return owner === undefined
    ? { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: autoscaler.metadata.name }
    : { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: owner.name };
};

/** Autoscalers of the target that the Canary does not name: with the target at 0 they would scale nothing. */
const unnamedProblems = (canary: CanaryIdentity, autoscalers: readonly KubeObject[]): readonly Problem[] => {
  const { target, workload } = namesOf(canary.spec);
  const { autoscalerRef: ref } = canary.spec;
  return autoscalers
    .filter((autoscaler) => scalesDeployment(autoscaler, target))
    .map(behind)
    .filter(({ kind, name }) => kind !== ref?.kind || name !== ref.name)
    .flatMap(({ apiVersion, kind, name }) => {
      const what = `${kind} ${keyOf({ namespace: canary.namespace, name })} scales ${target}, which runs nothing under a Canary`;
      const named = `{ apiVersion: ${apiVersion}, kind: ${kind}, name: ${name} }`;
      return invalid(
        ref === undefined
          ? `${what}, so that ${workload.primary} would not be scaled at all: set autoscalerRef to ${named}, or delete it`
          : `${what}, and autoscalerRef names another: name this one, ${named}, or delete it`,
      );
    });
};

/**
 * What a person must put right about autoscalers; empty when nothing is. `autoscalers` are all HorizontalPodAutoscalers
 * of the namespace, KEDA's among them.
 */
export const autoscalerProblems = ({
  canary,
  source,
  standing,
  autoscalers,
}: {
  readonly canary: CanaryIdentity;
  /** The autoscaler that the Canary names. */
  readonly source: KubeObject | undefined;
  /** What stands under the name of the primary's. */
  readonly standing: KubeObject | undefined;
  readonly autoscalers: readonly KubeObject[];
}): readonly Problem[] => {
  const { autoscalerRef: ref } = canary.spec;
  if (canary.spec.targetRef.kind !== 'Deployment') return [];
  return [
    ...(ref === undefined ? [] : namedProblems(ref, { canary, source, standing })),
    ...unnamedProblems(canary, autoscalers),
  ];
};
