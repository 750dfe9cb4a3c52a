import type { RunStatus, StableStatus } from '../../api/canary-status.ts';
import { assertNever } from '../../lib/assert-never.ts';
import { conclude } from '../conclude.ts';
import { hasEnded } from '../history.ts';
import type { Observed } from '../observed.ts';
import { overtaken } from '../overtaken.ts';
import { canaryServes, primaryServes } from '../sides.ts';
import { restart } from '../step-back.ts';
import { type Turn, turn } from '../turn.ts';
import { ending } from './ending.ts';
import { promoting, withoutCanary } from './promoting.ts';
import { resume } from './resuming.ts';
import { returning } from './returning.ts';
import { scaling } from './scaling.ts';
import { shifting } from './shifting.ts';

/** The canary gets traffic and has nobody to answer it, while the primary has. */
const lost = (observed: Observed, run: RunStatus): boolean =>
  run.weight.set > 0 &&
  (observed.route.canaryWeight ?? 0) > 0 &&
  !canaryServes(observed, run) &&
  primaryServes(observed);

/** One step of a run. What ends it or lowers its weight comes first; a promotion once begun is brought to its end. */
export const running = (observed: Observed, now: number, run: RunStatus, stable: StableStatus): Turn => {
  if (hasEnded(run)) return ending(observed, now, run, stable);
  const resumed = resume(observed, now, run, stable);
  if (resumed !== undefined) return resumed;
  const end = overtaken(observed, run, stable);
  switch (run.stage) {
    case 'scaling':
      return end === undefined ? scaling(observed, now, run, stable) : conclude(observed, now, run, end);
    case 'shifting':
      if (end !== undefined) return conclude(observed, now, run, end);
      return lost(observed, run) ? restart(observed, now, run) : shifting(observed, now, run, stable);
    case 'promoting':
      return lost(observed, run) ? withoutCanary(observed, now, run) : promoting(observed, now, run, stable);
    case 'returning':
      return returning(observed, now, run);
    case 'ending':
      return turn(observed.status);
    default:
      return assertNever(run.stage, 'stage');
  }
};
