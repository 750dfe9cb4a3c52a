import type { RunStatus } from '../../api/canary-status.ts';
import type { Observed } from '../observed.ts';
import { askGates } from './ask-gates.ts';
import { askRollback } from './ask-rollback.ts';
import { type Asked, soonest } from './asked.ts';
import { tellInconclusive } from './tell-inconclusive.ts';

type Ask = (observed: Observed, now: number, run: RunStatus) => Asked;

const ASKS: readonly Ask[] = [askRollback, askGates, (observed, _now, run) => tellInconclusive(observed, run)];

/** What hooks say of a run whatever it does meanwhile: whether to take it back, whether it may go on, and who is told. */
export const askHooks = (observed: Observed, now: number, run: RunStatus): Asked => {
  let all: Asked = { status: observed.status, run, effects: [], events: [] };
  for (const ask of ASKS) {
    const one = ask({ ...observed, status: all.status }, now, all.run);
    const wakeAt = soonest(now, all.wakeAt, one.wakeAt);
    all = {
      ...one,
      effects: [...all.effects, ...one.effects],
      events: [...all.events, ...one.events],
      ...(wakeAt === undefined ? {} : { wakeAt }),
    };
    if (all.ending !== undefined) break;
  }
  return all;
};
