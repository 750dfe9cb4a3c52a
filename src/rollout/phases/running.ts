import type { RunStatus, StableStatus } from '../../api/canary-status.ts';
import { assertNever } from '../../lib/assert-never.ts';
import { conclude } from '../conclude.ts';
import type { EventNote } from '../decision.ts';
import { isClosed, isExposed } from '../exposing.ts';
import { hasEnded } from '../history.ts';
import { askHooks } from '../hooks/ask-hooks.ts';
import { type Asked, soonest } from '../hooks/asked.ts';
import type { Observed } from '../observed.ts';
import { overtaken } from '../overtaken.ts';
import { suspended } from '../pause.ts';
import { canaryServes, primaryServes } from '../sides.ts';
import { specChange } from '../spec-change.ts';
import { restart } from '../step-back.ts';
import { followedBy, type Turn, turn } from '../turn.ts';
import { ending } from './ending.ts';
import { fastForward, promoting, withoutCanary } from './promoting.ts';
import { resume } from './resuming.ts';
import { returning } from './returning.ts';
import { scaling } from './scaling.ts';
import { shifting } from './shifting.ts';

/** The canary gets requests and has nobody to answer them, while the primary has. */
const lost = (observed: Observed, run: RunStatus): boolean =>
  isExposed(run.weight) &&
  observed.route.exists &&
  !isClosed(observed.route) &&
  !canaryServes(observed, run) &&
  primaryServes(observed);

/** An edited spec is taken up; where a canary has lost its pods, when its users have been led away. */
const edited = (observed: Observed, now: number, run: RunStatus): Turn | undefined => {
  const change = specChange(observed, now, run);
  const isLost = change !== undefined && run.stage === 'shifting' && lost(observed, run);
  return isLost ? restart(observed, now, run) : change;
};

/** One step of a run. What ends it or lowers its weight comes first; a promotion once begun is brought to its end. */
export const running = (seen: Observed, now: number, before: RunStatus, stable: StableStatus): Turn => {
  if (hasEnded(before)) return ending(seen, now, before, stable);
  const takenUp = resume(seen, now, before, stable) ?? edited(seen, now, before);
  if (takenUp !== undefined) return takenUp;
  const { run, events } = suspended(seen, before, now);
  const observed = run === before ? seen : { ...seen, status: { ...seen.status, run } };
  return heard(observed, now, askHooks(observed, now, run), { events, stable });
};

/** The run goes on from what its hooks have said. */
const heard = (
  observed: Observed,
  now: number,
  hooks: Asked,
  { events, stable }: { readonly events: readonly EventNote[]; readonly stable: StableStatus },
): Turn => {
  const seen = { ...observed, status: hooks.status };
  const next =
    hooks.ending === undefined ? staged(seen, now, hooks.run, stable) : conclude(seen, now, hooks.run, hooks.ending);
  const isOver = next.status.run?.outcome !== undefined;
  const wakeAt = soonest(now, hooks.wakeAt, next.wakeAt);
  const first = { ...turn(seen.status), effects: isOver ? [] : hooks.effects, events: [...events, ...hooks.events] };
  return { ...followedBy(first, next), ...(wakeAt === undefined ? {} : { wakeAt }) };
};

const staged = (observed: Observed, now: number, run: RunStatus, stable: StableStatus): Turn => {
  const end = overtaken(observed, run, stable);
  switch (run.stage) {
    case 'scaling':
      return end === undefined ? scaling(observed, now, run, stable) : conclude(observed, now, run, end);
    case 'shifting':
      if (end !== undefined) return conclude(observed, now, run, end);
      if (lost(observed, run)) return restart(observed, now, run);
      return fastForward(observed, now, run) ?? shifting(observed, now, run, stable);
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
