import type { Outcome } from '../api/words.ts';
import { quarantines } from './conclude.ts';
import { rejects } from './history.ts';
import type { Observed, RevisionView } from './observed.ts';

/** Why a revision that Git asks for does not run. */
export type Rejection = { readonly outcome: Outcome; readonly quarantined: boolean; readonly message: string };

/**
 * Why `revision`, which is what `status.desired` names, starts no run: it has had its outcome and nothing else has been asked for since, or it came back
 * while it is quarantined. Undefined for everything that is new.
 */
export const rejection = (observed: Observed, revision: RevisionView): Rejection | undefined => {
  const { desired, history, quarantine } = observed.status;
  const judged = history.find(({ id }) => id === desired?.run);
  if (judged !== undefined && rejects(judged.outcome)) {
    return { outcome: judged.outcome, quarantined: false, message: judged.sentence };
  }
  const entry = quarantines(observed) ? quarantine.find((held) => held.revision === revision.id) : undefined;
  if (entry === undefined) return undefined;
  const run = history.find(({ id }) => id === entry.run);
  return {
    outcome: 'RolledBack',
    quarantined: true,
    message: `Revision ${revision.id} is quarantined since run ${entry.run}: ${run?.sentence ?? 'it was rolled back'}`,
  };
};
