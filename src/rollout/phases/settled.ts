import type { StableStatus } from '../../api/canary-status.ts';
import type { Action } from '../decision.ts';
import { isClosed, NOTHING } from '../exposing.ts';
import { settledPhase } from '../history.ts';
import { keeping } from '../keeping.ts';
import { CAPS } from '../limits.ts';
import type { Observed } from '../observed.ts';
import { rejection } from '../rejection.ts';
import { type Turn, turn } from '../turn.ts';
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
  const isNew = wanted !== undefined && wanted.id !== stable.revision && rejection(observed, wanted) === undefined;
  if (isNew && observed.canary.spec.suspend !== true) {
    return starting(observed, now, { stable, wanted });
  }
  const unused = side !== undefined && !side.deleting && isClosed(route);
  const remove: readonly Action[] = unused ? [{ type: 'deleteCanary' }] : [];
  const kept = turn(
    { ...status, phase: settledPhase(status.history) },
    { after: [...remove, ...collect(observed, stable)] },
  );
  return keeping(observed, kept, { exposure: NOTHING, mayRaise: false, upkeep: upkeepWithPrimary(observed, stable) });
};
