import type { Action } from './decision.ts';
import { drifts } from './drift.ts';
import { type HeldAt, holdRoute } from './hold-route.ts';
import type { Observed } from './observed.ts';
import { followedBy, type Turn } from './turn.ts';

/**
 * `next` with what has to be so meanwhile in front of it: `upkeep`, and the route held at its weight. The route is left
 * to `next` when that writes it or ends the run: two opinions about one weight in one decision would be one too many.
 */
export const keeping = (
  observed: Observed,
  next: Turn,
  { upkeep, ...held }: HeldAt & { readonly upkeep: readonly Action[] },
): Turn => {
  const writes = [...next.before, ...next.after].some(({ type }) => type === 'setRoute');
  const ends = next.status.run?.outcome !== undefined && observed.status.run?.outcome === undefined;
  const route = holdRoute(observed, held);
  const kept = writes || ends ? { before: [], after: [] } : route;
  const events = [...route.events, ...drifts(observed)];
  return followedBy({ before: kept.before, after: [...upkeep, ...kept.after], effects: [], events }, next);
};
