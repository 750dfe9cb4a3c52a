import type { CanaryStatus } from '../api/canary-status.ts';
import { outageText, serves } from './answering.ts';
import type { EventNote } from './decision.ts';
import type { Observed } from './observed.ts';
import { tell } from './outbox.ts';
import { timeMs, timeText } from './time.ts';

/** How long users may be without answers before people are called: a pod that only restarts is back by then. */
export const OUTAGE_MS = 10_000;

/** After the take-over users depend on what Serin has made. */
const isTakenOver = ({ phase = 'Initializing', stable }: CanaryStatus): boolean =>
  stable !== undefined && phase !== 'Initializing' && phase !== 'Terminating';

type Noticed = { readonly status: CanaryStatus; readonly events: readonly EventNote[]; readonly wakeAt?: number };

/**
 * Notes since when nobody answers users, and calls people once it has lasted: whatever is decided beside it, traffic
 * stays where it is until somebody can take it. Nothing is known where Serin may not read.
 */
export const withOutage = (observed: Observed, status: CanaryStatus, now: number): Noticed => {
  if (observed.unseen !== undefined) return { status, events: [] };
  const { outage, ...rest } = status;
  if (!isTakenOver(status) || serves(observed, status))
    return { status: outage === undefined ? status : rest, events: [] };
  const since = outage?.since ?? timeText(now);
  if (outage?.told === true) return { status, events: [] };
  const due = timeMs(since) + OUTAGE_MS;
  if (now < due) return { status: { ...status, outage: { since } }, events: [], wakeAt: due };
  const told = tell(observed, { ...status, outage: { since, told: true } }, { topic: 'held', now });
  return { status: told, events: [{ reason: 'PrimaryNotReady', note: outageText(observed, status) }] };
};
