import type { CanaryStatus, HistoryStatus, RunStatus } from '../api/canary-status.ts';
import type { Outcome, Phase, Verb } from '../api/words.ts';
import { CAPS } from './limits.ts';

/** A run with its outcome. */
export type EndedRun = RunStatus & Required<Pick<RunStatus, 'outcome' | 'sentence' | 'endedAt'>>;

/** True once the run has its outcome. */
export const hasEnded = (run: RunStatus): run is EndedRun =>
  run.outcome !== undefined && run.sentence !== undefined && run.endedAt !== undefined;

/** What a person asks for that can end a run so. */
const DECIDING: Readonly<Partial<Record<Outcome, readonly Verb[]>>> = {
  Aborted: ['abort', 'reject'],
  RolledBack: ['reject'],
  FastPromoted: ['promoteFull', 'promote'],
};

/** The people behind an outcome: who has ended the run so, where a person did, and who has opened its gates. */
const peopleOf = ({ outcome, actions = [] }: EndedRun): Partial<HistoryStatus> => {
  const decided = actions.findLast(({ verb }) => DECIDING[outcome]?.includes(verb));
  const approvedBy = [...new Set(actions.filter(({ verb }) => verb === 'approve').map(({ by }) => by))];
  return {
    ...(decided === undefined ? {} : { requestedBy: decided.by }),
    ...(decided?.reason === undefined ? {} : { reason: decided.reason }),
    ...(approvedBy.length === 0 ? {} : { approvedBy: approvedBy.slice(0, CAPS.approvers) }),
  };
};

/** What stays of a run in the status of its Canary. */
export const historyEntry = (run: EndedRun, previousImages: HistoryStatus['previousImages']): HistoryStatus => ({
  id: run.id,
  revision: run.revision,
  previous: run.previous,
  images: run.images,
  previousImages,
  ...(run.digests === undefined ? {} : { digests: run.digests }),
  hash: run.hash,
  outcome: run.outcome,
  ...(run.cause === undefined ? {} : { cause: run.cause }),
  sentence: run.sentence,
  startedAt: run.startedAt,
  endedAt: run.endedAt,
  ...(run.source === undefined ? {} : { source: run.source }),
  ...peopleOf(run),
});

/** The newest runs first, capped; a run stays longer while the outbox still needs it for Git. */
export const cappedHistory = (status: CanaryStatus): readonly HistoryStatus[] => {
  const needed = new Set(status.outbox.filter(({ state }) => state === 'Pending').map(({ run }) => run));
  return status.history
    .slice(0, CAPS.historyWithPending)
    .filter(({ id }, index) => index < CAPS.history || needed.has(id));
};

/** Outcomes that reject a revision: it stays rejected while it is what is desired. */
const REJECTING: readonly Outcome[] = ['RolledBack', 'Aborted', 'Inconclusive'];
const PROMOTING: readonly Outcome[] = ['Promoted', 'FastPromoted'];

export const rejects = (outcome: Outcome): boolean => REJECTING.includes(outcome);
export const promotes = (outcome: Outcome): boolean => PROMOTING.includes(outcome);

/** The phase between runs: what the last run left that had a verdict. */
export const settledPhase = (history: readonly HistoryStatus[]): Phase => {
  const last = history.find(({ outcome }) => promotes(outcome) || rejects(outcome));
  if (last === undefined) return 'Initialized';
  return promotes(last.outcome) ? 'Succeeded' : 'Failed';
};
