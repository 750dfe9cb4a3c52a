import type { RunStatus } from '../api/canary-status.ts';
import { DRAIN_LIMIT_MS } from './limits.ts';
import type { Observed } from './observed.ts';
import { timeMs } from './time.ts';
import { settledAt } from './window.ts';

/**
 * From when on no request can reach the canary any more, ms: weight 0 is written and settled, or the plane has had
 * long enough to say so. Undefined while the route still gives it traffic.
 */
export const drainedAt = ({ route }: Observed, run: RunStatus): number | undefined => {
  if (route.canaryWeight !== 0) return undefined;
  const limit = timeMs(run.stageSince) + DRAIN_LIMIT_MS;
  return Math.min(settledAt(route, 0) ?? limit, limit);
};
