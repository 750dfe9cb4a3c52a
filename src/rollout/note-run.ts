import type { HistoryStatus, RunNotes } from '../api/canary-status.ts';
import type { Action } from './decision.ts';
import type { NotedView, Observed } from './observed.ts';

/** Fields of what becomes known of a run. */
export const NOTE_FIELDS = [
  'commit',
  'pullRequest',
  'unwritten',
  'hooks',
] as const satisfies readonly (keyof RunNotes)[];

/** What became known of a run after its record was written. */
export const notesOf = ({ commit, pullRequest, unwritten, hooks }: RunNotes): RunNotes => ({
  ...(commit === undefined ? {} : { commit }),
  ...(pullRequest === undefined ? {} : { pullRequest }),
  ...(unwritten === undefined ? {} : { unwritten }),
  ...(hooks === undefined ? {} : { hooks }),
});

const NOTHING: NotedView = { fields: [], hooks: [] };

/** What is known of a run does not change any more: whether it is told says the name of its field, or of the hook. */
const isTold = (run: HistoryStatus, { fields, hooks }: NotedView): boolean =>
  NOTE_FIELDS.every((field) => run[field] === undefined || fields.includes(field)) &&
  (run.hooks ?? []).every(({ name }) => hooks.includes(name));

/**
 * Notes in its record what became known of a run since. One at a time, the newest first: where something is in the way it
 * is so for all of them. A record that somebody has deleted is not made anew.
 */
export const noteRun = (
  { recorded, noted }: Pick<Observed, 'recorded' | 'noted'>,
  history: readonly HistoryStatus[],
): readonly Action[] => {
  const run = history.find((entry) => recorded.includes(entry.id) && !isTold(entry, noted[entry.id] ?? NOTHING));
  return run === undefined ? [] : [{ type: 'noteRun', run: run.id, notes: notesOf(run) }];
};
