import type { CanaryStatus } from '../api/canary-status.ts';
import type { Problem } from '../api/problem.ts';
import type { EventNote } from './decision.ts';
import { fightNote } from './fight.ts';
import type { Observed } from './observed.ts';
import { renamed } from './taken-over.ts';
import type { Turn } from './turn.ts';

/** What a person must put right first; a target that is not there, or goes, is told like any other mistake. */
export const problemsOf = (observed: Observed): readonly Problem[] => {
  const { problems, target, canary, status } = observed;
  // Whatever else is found then is about something that is not the Canary's.
  const moved = renamed(observed);
  if (moved.length > 0) return moved;
  if (problems.length > 0 || target?.deleting === false) return problems;
  const { kind, name } = canary.spec.targetRef;
  const wanted =
    status.adopted === undefined
      ? 'create it, or name another in spec.targetRef'
      : 'create it again, or delete this Canary';
  const state = target === undefined ? `does not exist: ${wanted}` : `is being deleted; then ${wanted}`;
  const message = `${kind} ${canary.namespace}/${name} ${state}`;
  return [{ where: 'spec.targetRef', message, reason: 'InvalidSpec' }];
};

/** Problems in one sentence: where and what. */
export const problemText = (problems: readonly Problem[]): string =>
  problems.map(({ where, message }) => `${where}: ${message}`).join('; ');

/** `note`, unless the Stalled condition tells it already. */
export const untold = (status: CanaryStatus, note: EventNote | undefined): readonly EventNote[] => {
  if (note === undefined) return [];
  const told = status.conditions.some(
    ({ type, status, message }) => type === 'Stalled' && status === 'True' && message === note.note,
  );
  return told ? [] : [note];
};

/** The event that tells of `problems`, unless the status already does. */
export const problemsNote = (status: CanaryStatus, problems: readonly Problem[]): readonly EventNote[] => {
  const [first] = problems;
  return untold(status, first && { reason: first.reason, note: problemText(problems) });
};

/**
 * What is in the way where the Canary has no fault and no run is held: a write that was refused, else what `taken`
 * found, else what keeps the target's revision from being known, else what the stable revision has
 * lost, else a fight with another writer.
 */
export const stuckOf = (observed: Observed, taken: Pick<Turn, 'status' | 'stuck'>): EventNote | undefined => {
  const { canary, target, refused } = observed;
  if (canary.deleting) return refused ?? taken.stuck;
  if (taken.status.run?.held !== undefined || problemsOf(observed).length > 0) return undefined;
  if (refused !== undefined || taken.stuck !== undefined) return refused ?? taken.stuck;
  if (target?.isStuck === true) return { reason: 'Held', note: `No run can start: ${target.waiting ?? ''}` };
  return lost(observed) ?? fightNote(observed);
};

/** Pods that are there run on; new ones could not start. */
const lost = ({ lostCopy, status: { stable } }: Observed): EventNote | undefined =>
  lostCopy === undefined || stable === undefined
    ? undefined
    : {
        reason: 'Held',
        note: `${lostCopy} is gone, which revision ${stable.revision} runs with, and it cannot be made again: put the content of that revision back, or let another be promoted`,
      };
