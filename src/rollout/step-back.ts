import type { RunStatus } from '../api/canary-status.ts';
import { conclude, endStep } from './conclude.ts';
import { exposureOf, NOTHING } from './exposing.ts';
import { awayFromGates } from './hooks/gates.ts';
import { RESTARTS } from './limits.ts';
import type { Observed } from './observed.ts';
import { deadlineMs, planOf } from './plan.ts';
import { atStep } from './raise.ts';
import { canaryName } from './sides.ts';
import { stampText } from './stamp.ts';
import { timeText } from './time.ts';
import { type Turn, turn } from './turn.ts';

const wasAt = ({ weight: { set, mirror, matched } }: RunStatus): string =>
  matched === true ? 'Matched requests' : mirror === undefined ? `Weight ${set}%` : `Mirror ${mirror}%`;

/** Back to the first step's weight, for want of evidence. */
export const stepBack = (observed: Observed, now: number, run: RunStatus): Turn => {
  const plan = planOf(observed.canary.spec);
  const first = plan.find(({ weight }) => weight > 0);
  if (first === undefined) return turn(observed.status);
  const back = awayFromGates(atStep(run, first, now));
  const stamp = stampText(run, { kind: 'back', since: run.weight.since });
  const note = `Weight ${run.weight.set}% -> ${first.weight}% (step ${first.index}/${plan.length}): no evidence`;
  return turn(
    { ...observed.status, run: back, phase: 'Progressing' },
    {
      before: [{ type: 'setRoute', ...exposureOf(back), stamp }],
      events: [{ reason: 'WeightChanged', note }],
    },
  );
};

/**
 * The canary has lost every ready pod: weight to zero at once, then it is given its deadline again and the steps begin
 * anew. A node that goes away is no verdict on a version; losing the pods again and again is.
 */
export const restart = (observed: Observed, now: number, run: RunStatus): Turn => {
  const restarts = (run.restarts ?? 0) + 1;
  const why = observed.side?.waiting === undefined ? '' : `: ${observed.side.waiting}`;
  if (restarts > RESTARTS) {
    return conclude(observed, now, run, {
      outcome: 'RolledBack',
      cause: 'NoCanaryTraffic',
      reason: `${canaryName(observed)} lost all its ready pods ${restarts} times${why}`,
    });
  }
  const at = timeText(now);
  const { windowEnd: _windowEnd, held: _held, passed: _passed, ...rest } = awayFromGates(run);
  const again: RunStatus = {
    ...rest,
    stage: 'scaling',
    stageSince: at,
    step: 0,
    weight: { set: 0, since: at },
    steps: endStep(run.steps, now),
    deadline: timeText(now + deadlineMs(observed.canary.spec)),
    restarts,
  };
  const stamp = stampText(run, { kind: 'restart', since: run.weight.since });
  return turn(
    { ...observed.status, run: again, phase: 'Progressing' },
    {
      before: [{ type: 'setRoute', ...NOTHING, stamp }],
      events: [
        {
          reason: 'WeightChanged',
          note: `${wasAt(run)} -> 0%: ${canaryName(observed)} has no ready pod${why}`,
        },
      ],
    },
  );
};
