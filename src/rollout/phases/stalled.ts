import type { Problem } from '../../api/problem.ts';
import { hasEnded } from '../history.ts';
import { holdRoute } from '../hold-route.ts';
import type { Observed } from '../observed.ts';
import { problemsNote } from '../problems.ts';
import { renamed } from '../taken-over.ts';
import { type Turn, turn } from '../turn.ts';
import { finalizerActions } from '../upkeep.ts';

/**
 * Something is wrong with the Canary itself: it is said once, and nothing is raised, judged or written. A run that is
 * under way is held at its weight; one that has its outcome gets no traffic all the same.
 */
export const stalled = (observed: Observed, problems: readonly Problem[]): Turn => {
  const { status } = observed;
  const decided = status.run !== undefined && hasEnded(status.run) && renamed(observed).length === 0;
  const { before } = decided ? holdRoute(observed, { weight: 0, mayRaise: false }) : { before: [] };
  return turn(status, { before, after: finalizerActions(observed), events: problemsNote(status, problems) });
};
