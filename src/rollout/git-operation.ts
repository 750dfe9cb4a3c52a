import type { HistoryStatus, OutboxStatus } from '../api/canary-status.ts';
import { assertNever } from '../lib/assert-never.ts';
import type { GitOperation, ImageEdit } from './effect.ts';
import { promotes, rejects } from './history.ts';
import type { GitView, Observed } from './observed.ts';
import { gitOperationId } from './operation-id.ts';
import { timeMs } from './time.ts';

type GitOn = Extract<GitView, { mode: 'on' }>;

/** The fields that a revert puts back: images that the run changed, as they stand in Git. */
const imageEdits = (run: HistoryStatus): readonly ImageEdit[] =>
  Object.entries(run.images).flatMap(([container, from]) => {
    const to = run.previousImages[container];
    return to === undefined || to === from ? [] : [{ container, from, to }];
  });

/** How a revert comes to the branch. */
export const viaOf = (git: GitOn): GitOperation['via'] => {
  switch (git.onFailure) {
    case 'pullRequest':
      return 'pullRequest';
    case 'revertOrPullRequest':
      return 'commitOrPullRequest';
    case 'none':
    case 'record':
    case 'revert':
      return 'commit';
    default:
      return assertNever(git.onFailure, 'git.onFailure');
  }
};

/**
 * What Git is to be told of an outcome, or undefined when nothing. A rejected revision that changed no image has no
 * field to put back: it is recorded.
 */
export const gitOperation = (observed: Observed, run: HistoryStatus): GitOperation | undefined => {
  const { git, canary, cluster } = observed;
  if (git.mode === 'off') return undefined;
  const common = {
    cluster,
    canary: { namespace: canary.namespace, name: canary.name },
    target: { kind: canary.spec.targetRef.kind, name: canary.spec.targetRef.name },
    run,
    repository: git.repository,
    path: git.path,
    branch: git.branch,
    decidedAt: Math.floor(timeMs(run.endedAt) / 1000) * 1000,
  };
  if (promotes(run.outcome)) {
    if (git.onSuccess === 'none') return undefined;
    return {
      ...common,
      id: gitOperationId(observed, run, { git, edits: [] }),
      kind: 'record',
      via: 'commit',
      edits: [],
    };
  }
  if (!rejects(run.outcome) || run.outcome === 'Inconclusive' || git.onFailure === 'none') return undefined;
  const edits = git.onFailure === 'record' ? [] : imageEdits(run);
  const id = gitOperationId(observed, run, { git, edits });
  return { ...common, id, kind: edits.length === 0 ? 'record' : 'revert', via: viaOf(git), edits };
};

/**
 * True when Git asks for the stable revision again, or is about to, by a commit of Serin's own: it is on its way or
 * written, and waits for nobody.
 */
export const isPutBack = (observed: Observed, run: HistoryStatus): boolean => {
  const operation = gitOperation(observed, run);
  if (operation?.kind !== 'revert' || operation.via === 'pullRequest') return false;
  if (run.commit !== undefined) return run.pullRequest === undefined;
  return observed.status.outbox.some(({ id, state }) => id === operation.id && state === 'Pending');
};

/** The operation behind a stored outbox entry; undefined when the run is forgotten or Git was turned off since. */
export const storedOperation = (observed: Observed, entry: OutboxStatus): GitOperation | undefined => {
  const run = observed.status.history.find(({ id }) => id === entry.run);
  const operation = run && gitOperation(observed, run);
  return operation && { ...operation, id: entry.id };
};
