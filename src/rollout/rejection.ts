import type { Outcome } from '../api/words.ts';
import { quarantines } from './conclude.ts';
import { isPutBack } from './git-operation.ts';
import { rejects } from './history.ts';
import type { Observed, RevisionView } from './observed.ts';

/** Why a revision that Git asks for does not run. */
export type Rejection = {
  readonly outcome: Outcome;
  readonly quarantined: boolean;
  /** Serin puts the stable revision back in Git by itself. */
  readonly isPutBack: boolean;
  readonly message: string;
};

/**
 * Why `revision`, which is what `status.desired` names, starts no run: it has had its outcome and nothing else has been asked for since, or it came back
 * while it is quarantined. Undefined for everything that is new.
 */
export const rejection = (observed: Observed, revision: RevisionView): Rejection | undefined => {
  const { desired, history, quarantine } = observed.status;
  const judged = history.find(({ id }) => id === desired?.run);
  if (judged !== undefined && rejects(judged.outcome)) {
    const { outcome, sentence: message } = judged;
    return { outcome, quarantined: false, isPutBack: isPutBack(observed, judged), message };
  }
  const entry = quarantines(observed) ? quarantine.find((held) => held.revision === revision.id) : undefined;
  if (entry === undefined) return undefined;
  const run = history.find(({ id }) => id === entry.run);
  return {
    outcome: run?.outcome ?? 'RolledBack',
    quarantined: true,
    isPutBack: false,
    message: `Revision ${revision.id} is quarantined since run ${entry.run}: ${run?.sentence ?? 'it was rolled back'}`,
  };
};
