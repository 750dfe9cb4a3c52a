import { refOf } from '../lib/kube-object.ts';
import { budgetStands, mayEscapeBudgets, primaryBudget } from '../workload/disruption-budget.ts';
import type { Caches } from './caches.ts';
import type { ClusterWriter } from './cluster-writer.ts';
import type { Scene } from './scene.ts';
import { workloadRef } from './wanted-objects.ts';

const BUDGET = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' } as const;

/**
 * The workloads whose pods a budget may tell apart; undefined where none can, and budgets need not be looked at: a
 * primary that Serin has made carries every label of the target's pods.
 */
const apart = ({ canary, names }: Pick<Scene, 'canary' | 'names'>, { get }: Pick<Caches, 'get'>) => {
  const [target, primary] = [names.target, names.workload.primary].map((name) => get(workloadRef({ canary }, name)));
  return target !== undefined && primary !== undefined && mayEscapeBudgets({ target, primary })
    ? { target, primary }
    : undefined;
};

/** True when this Canary's observation needs the budgets of its namespace. */
export const needsBudgets = (scene: Pick<Scene, 'canary' | 'names'>, caches: Caches): boolean =>
  apart(scene, caches) !== undefined;

const wantedBudget = ({ canary, names, view }: Scene) => {
  const workloads = apart({ canary, names }, view);
  return (
    workloads && primaryBudget({ canary, ...workloads, budgets: view.list({ ...BUDGET, namespace: canary.namespace }) })
  );
};

const madeBudgets = ({ canary }: Scene, caches: Caches) =>
  caches.byIndex(BUDGET.kind, { index: 'canaryUid', value: canary.uid });

/** True when the primary has the budget that it should have, or rightly none of its own. */
export const isBudgetCurrent = (scene: Scene, caches: Caches): boolean =>
  budgetStands(madeBudgets(scene, caches), wantedBudget(scene));

/** Brings the primary's own budget to what it should be; it goes where none should be. */
export const applyDisruptionBudget = async (
  scene: Scene,
  { caches, writer }: { readonly caches: Caches; readonly writer: ClusterWriter },
): Promise<void> => {
  const wanted = wantedBudget(scene);
  for (const made of madeBudgets(scene, caches)) {
    if (made.metadata.name !== wanted?.metadata.name) await writer.remove(refOf(made));
  }
  if (wanted !== undefined) await writer.apply(wanted);
};
