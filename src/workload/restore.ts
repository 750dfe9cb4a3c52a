import { BASELINE_ANNOTATION, HELD_LABEL } from '../api/names.ts';
import { readBaseline } from '../api/ownership.ts';
import { stringsAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { kindOf } from './kinds/kind-of.ts';
import { hasLabels } from './label-selector.ts';

/**
 * Merge patch that hands an adopted apex Service back: the selector from before (the target's own, should that one not
 * match the target's pods), without Serin's label and baseline. Undefined when there is nothing to hand back: Serin
 * made the Service, and it goes with the Canary; or it has been handed back.
 */
export const apexRestorePatch = (
  apex: KubeObject,
  { target, primary }: { readonly target: KubeObject | undefined; readonly primary: KubeObject | undefined },
): Readonly<Record<string, unknown>> | undefined => {
  const baseline = readBaseline(apex);
  if (baseline === undefined) return undefined;
  const before = stringsAt(baseline.value);
  // Where the target is gone, pods of a team's own serve on; else nobody knows better than the Service whom it led to.
  const told = target ?? (primary !== undefined && kindOf(primary).sharesSelectors ? primary : undefined);
  const { labels, selector: own } = told === undefined ? {} : kindOf(told).released({ target: told, primary });
  const matches = labels !== undefined && Object.keys(before).length > 0 && hasLabels(labels, before);
  const selector = matches ? before : (own ?? before);
  const gone = Object.keys(stringsAt(apex, 'spec', 'selector')).filter((key) => !(key in selector));
  return {
    metadata: {
      ...(apex.metadata.resourceVersion === undefined ? {} : { resourceVersion: apex.metadata.resourceVersion }),
      labels: { [HELD_LABEL]: null },
      annotations: { [BASELINE_ANNOTATION]: null },
    },
    spec: { selector: { ...Object.fromEntries(gone.map((key) => [key, null])), ...selector } },
  };
};

/**
 * Kinds of which Serin makes objects, in the order in which the finalizer deletes those that carry the Canary's uid.
 * Routes are the router's to release; CanaryRuns stay as history.
 */
export const OWNED_KINDS = [
  // Before what they scale, so that nothing is scaled on its way out.
  { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject' },
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'apps/v1', kind: 'ControllerRevision' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'v1', kind: 'Secret' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
] as const;
