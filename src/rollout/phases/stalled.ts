import type { RunStatus, StableStatus } from '../../api/canary-status.ts';
import type { Problem } from '../../api/problem.ts';
import { NOTHING } from '../exposing.ts';
import { hasEnded } from '../history.ts';
import { holdRoute } from '../hold-route.ts';
import type { Observed } from '../observed.ts';
import { problemsNote } from '../problems.ts';
import { renamed } from '../taken-over.ts';
import { followedBy, type Turn, turn } from '../turn.ts';
import { finalizerActions } from '../upkeep.ts';
import { running } from './running.ts';

/** What protects users from the run's canary, and nothing else: its weight is judged and lowered, never raised. */
const protecting = (observed: Observed, now: number, run: RunStatus, stable: StableStatus): Turn => {
  const next = running(observed, now, run, stable);
  const overtaken = next.status.run?.outcome === 'Superseded' || next.status.run?.outcome === 'Withdrawn';
  const protects = run.stage === 'shifting' || overtaken || next.before.length > 0;
  return protects ? { ...next, after: [] } : turn(observed.status);
};

/**
 * Something is wrong with the Canary itself: it is said once, and nothing is started, raised or written to Git. A run
 * that is under way stays at its weight as long as that passes; one that has its outcome gets no traffic all the same.
 */
export const stalled = (observed: Observed, now: number, problems: readonly Problem[]): Turn => {
  const { status } = observed;
  const { run, stable } = status;
  const said = turn(status, { after: finalizerActions(observed), events: problemsNote(status, problems) });
  if (run === undefined || stable === undefined || renamed(observed).length > 0) return said;
  if (!hasEnded(run)) return followedBy(said, protecting(observed, now, run, stable));
  const { before } = holdRoute(observed, { exposure: NOTHING, mayRaise: false });
  return { ...said, before };
};
