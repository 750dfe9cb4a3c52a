import type { StableStatus } from '../../api/canary-status.ts';
import type { Action } from '../decision.ts';
import { settledPhase } from '../history.ts';
import { holdRoute } from '../hold-route.ts';
import { CAPS } from '../limits.ts';
import type { Observed } from '../observed.ts';
import { rejection } from '../rejection.ts';
import { followedBy, type Turn, turn } from '../turn.ts';
import { upkeepWithPrimary } from '../upkeep.ts';
import { starting } from './starting.ts';

/** Deletes what no revision needs any more, once there is something to delete. */
const collect = ({ pinned, recorded }: Observed, stable: StableStatus): readonly Action[] => {
  const keepRevisions = [stable.revision, ...(stable.lastGood === undefined ? [] : [stable.lastGood])];
  const surplus = pinned.some((revision) => !keepRevisions.includes(revision)) || recorded.length > CAPS.records;
  return surplus ? [{ type: 'collect', keepRevisions }] : [];
};

/** No run: what serves is kept as it should be, and a revision that is new and not rejected starts one. */
export const settled = (observed: Observed, now: number, stable: StableStatus): Turn => {
  const { route, side, target, status } = observed;
  const wanted = target?.revision;
  if (wanted !== undefined && wanted.id !== stable.revision && rejection(observed, wanted) === undefined) {
    return starting(observed, now, { stable, wanted });
  }
  const kept = holdRoute(observed, 0, { mayRaise: false });
  const unused = side !== undefined && !side.deleting && route.canaryWeight === 0;
  const remove: readonly Action[] = unused ? [{ type: 'deleteCanary' }] : [];
  return followedBy(
    { ...kept, after: [...upkeepWithPrimary(observed, stable), ...kept.after], effects: [] },
    turn({ ...status, phase: settledPhase(status.history) }, { after: [...remove, ...collect(observed, stable)] }),
  );
};
