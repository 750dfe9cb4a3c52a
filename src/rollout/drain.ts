import type { RunStatus } from '../api/canary-status.ts';
import { isClosed, NOTHING } from './exposing.ts';
import { DRAIN_LIMIT_MS } from './limits.ts';
import type { Observed } from './observed.ts';
import { timeMs } from './time.ts';
import { settledAt } from './window.ts';

/**
 * From when on no request can reach the canary any more, ms: weight 0 is written and settled, or the plane has had
 * long enough to say so. Undefined while the route still gives it traffic.
 */
export const drainedAt = ({ route }: Observed, run: RunStatus): number | undefined => {
  if (!isClosed(route)) return undefined;
  const limit = Math.max(timeMs(run.stageSince), timeMs(run.weight.since)) + DRAIN_LIMIT_MS;
  return Math.min(settledAt(route, NOTHING) ?? limit, limit);
};
