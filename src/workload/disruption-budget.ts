import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS, ROLE_LABEL } from '../api/names.ts';
import { isMadeFor } from '../api/ownership.ts';
import { covers } from '../lib/covers.ts';
import { recordAt, sameJson } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { copiedAnnotations, copiedLabels } from './copied-metadata.ts';
import { matchesSelector } from './label-selector.ts';
import type { CanaryIdentity } from './names.ts';
import { podLabels, templateOf } from './pod-template.ts';

type Pods = { readonly labels: Readonly<Record<string, string>> };

/** True when a budget selects pods with these labels; as in policy/v1, an empty selector selects all. */
const protects = (budget: KubeObject, { labels }: Pods): boolean =>
  matchesSelector(recordAt(budget, 'spec')['selector'], labels);

/**
 * True when the primary's pods may escape a budget that selects the target's: they lack a label of theirs. A primary
 * that Serin makes carries all of them, and the role beside.
 */
export const mayEscapeBudgets = ({
  target,
  primary,
}: {
  readonly target: KubeObject;
  readonly primary: KubeObject;
}): boolean => !covers(podLabels(templateOf(primary)), podLabels(templateOf(target)));

/**
 * The PodDisruptionBudget that the primary should have of its own, to be applied: the one of the target's pods, where
 * none selects the primary's. Undefined where the application's budgets select both: a second one over the same pods
 * would make the eviction API refuse every eviction. For the same reason it is one, also where several select the
 * target.
 */
export const primaryBudget = ({
  canary,
  target,
  primary,
  budgets,
}: {
  readonly canary: CanaryIdentity;
  readonly target: KubeObject;
  readonly primary: KubeObject;
  /** Of the namespace. */
  readonly budgets: readonly KubeObject[];
}): KubeObject | undefined => {
  const others = budgets.filter((budget) => !isMadeFor(budget, canary.uid));
  const ours = { labels: podLabels(templateOf(primary)) };
  if (others.some((budget) => protects(budget, ours))) return undefined;
  const [source] = others
    .filter((budget) => protects(budget, { labels: podLabels(templateOf(target)) }))
    .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  if (source === undefined) return undefined;
  const { name, labels, annotations } = source.metadata;
  return {
    apiVersion: source.apiVersion,
    kind: source.kind,
    metadata: {
      name: `${name.slice(0, 245)}-primary`,
      namespace: canary.namespace,
      labels: { ...copiedLabels(labels), [ROLE_LABEL]: 'primary', [CANARY_UID_LABEL]: canary.uid },
      annotations: { ...copiedAnnotations(annotations), ...HANDS_OFF_ANNOTATIONS },
    },
    spec: { ...recordAt(source, 'spec'), selector: recordAt(primary, 'spec', 'selector') },
  };
};

/** True when exactly `wanted` stands, of the budgets that were made for a Canary. */
export const budgetStands = (made: readonly KubeObject[], wanted: KubeObject | undefined): boolean =>
  made.length === (wanted === undefined ? 0 : 1) &&
  made.every(
    (budget) =>
      budget.metadata.name === wanted?.metadata.name &&
      covers(budget.metadata.labels, wanted.metadata.labels) &&
      covers(budget.metadata.annotations, wanted.metadata.annotations) &&
      sameJson(budget['spec'], wanted['spec']),
  );
