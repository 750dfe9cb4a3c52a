import { parseCanaryAction } from '../api/parse.ts';
import { apiVersionOf, RESOURCES } from '../kube/resources.ts';
import { type KubeObject, refOf } from '../lib/kube-object.ts';
import { refused } from '../rollout/actions/answer.ts';
import { CAPS } from '../rollout/limits.ts';
import { problemText } from '../rollout/problems.ts';
import type { Caches } from './caches.ts';
import type { ClusterWriter } from './cluster-writer.ts';
import { canaryMeant } from './dependencies.ts';
import { actionsFor, isAnswered } from './observe-actions.ts';

type Deps = { readonly caches: Caches; readonly writer: ClusterWriter };

/** What became of an action, as its status tells it. */
type Told = { readonly state: 'Done' | 'Refused'; readonly message: string };

/** Writes an answer into its CanaryAction, and deletes old ones; one that has an answer, or is gone, is left alone. */
export const answerAction = async (
  action: { readonly namespace: string; readonly name: string },
  { told, caches, writer }: Deps & { readonly told: Told },
): Promise<void> => {
  const { kind } = RESOURCES.canaryAction;
  const object = caches.get({ apiVersion: apiVersionOf(RESOURCES.canaryAction), kind, ...action });
  if (object === undefined || isAnswered(object)) return;
  const { state, message } = told;
  await writer.status({ ...object, status: { state, message } });
  await collectActions(canaryMeant(object) ?? '', { caches, writer });
};

/** Deletes the oldest answered CanaryActions of a Canary above the number that is kept. */
const collectActions = async (canary: string, { caches, writer }: Deps): Promise<void> => {
  const answered = actionsFor(canary, caches).filter(isAnswered);
  for (const action of answered.slice(0, -CAPS.actionsKept)) await writer.remove(refOf(action));
};

/** Why nothing is decided about an action; undefined when something is. */
const refusalOf = (action: KubeObject, why: string | undefined): string | undefined => {
  const parsed = parseCanaryAction(action);
  if (!parsed.ok) return problemText(parsed.problems);
  const { verb, canaryRef } = parsed.spec;
  return why === undefined ? undefined : refused({ verb, name: canaryRef.name }, why).message;
};

/**
 * Refuses what nothing can be decided about: what cannot be understood, and with `why` every action that means this
 * Canary, because there is no such Canary or it cannot be understood itself.
 */
export const refuseActions = async (canary: string, deps: Deps & { readonly why?: string }): Promise<void> => {
  const { why, caches } = deps;
  if (caches.unreadable('CanaryAction') !== undefined) return;
  for (const action of actionsFor(canary, caches)) {
    const message = isAnswered(action) ? undefined : refusalOf(action, why);
    if (message === undefined) continue;
    const { namespace = '', name } = action.metadata;
    await answerAction({ namespace, name }, { ...deps, told: { state: 'Refused', message } });
  }
};
