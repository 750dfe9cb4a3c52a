import type { RunStatus } from '../api/canary-status.ts';
import { CAUSES, type Cause, OUTCOMES, type Outcome } from '../api/words.ts';

/**
 * Why a weight was lowered, written on the route in the same patch. Lowering comes before the status that tells of it;
 * after a crash between the two, the stamp is what keeps the weight from being put back.
 */
export type Stamp =
  | { readonly kind: 'outcome'; readonly outcome: Outcome; readonly cause?: Cause }
  /** Back to the first step for want of evidence, or to zero for want of pods; `since` says which weight was left. */
  | { readonly kind: 'back' | 'restart'; readonly since: string };

/** `<run id>/<outcome>[/<cause>]`, `<run id>/back/<since>` or `<run id>/restart/<since>`. */
export const stampText = (run: RunStatus, stamp: Stamp): string => {
  if (stamp.kind !== 'outcome') return `${run.id}/${stamp.kind}/${stamp.since}`;
  return stamp.cause === undefined ? `${run.id}/${stamp.outcome}` : `${run.id}/${stamp.outcome}/${stamp.cause}`;
};

/** The stamp in `text` when it is about `run`, else undefined: another run's, or a person's own words. */
export const stampOf = (run: RunStatus, text: string | undefined): Stamp | undefined => {
  const [id, word, detail] = text?.split('/') ?? [];
  if (id !== run.id) return undefined;
  if (word === 'back' || word === 'restart') return detail === undefined ? undefined : { kind: word, since: detail };
  const outcome = OUTCOMES.find((known) => known === word);
  if (outcome === undefined) return undefined;
  const cause = CAUSES.find((known) => known === detail);
  return cause === undefined ? { kind: 'outcome', outcome } : { kind: 'outcome', outcome, cause };
};
