import type { CanaryStatus } from '#src/api/canary-status.ts';
import type { Strategy } from '#src/api/words.ts';
import { type PlaceName, placeOf, transitionBetween } from '#src/rollout/transitions.ts';

/** A change from one place to another that some decision has made. */
export type Seen = { readonly from: PlaceName; readonly to: PlaceName; readonly strategy: Strategy | undefined };

/** What is wrong with the step that a decision makes from one status to the next, by the table of transitions; and the change, where it makes one. */
export const stepMade = (
  before: CanaryStatus,
  after: CanaryStatus,
): { readonly seen?: Seen; readonly violation?: string } => {
  const [from, to] = [placeOf(before), placeOf(after)];
  const strategy = (after.run ?? before.run)?.strategy;
  if (to === undefined) return { violation: `phase ${after.phase} with stage ${after.run?.stage} is no place` };
  if (from === undefined || from === to) return {};
  const seen = { from, to, strategy };
  if (transitionBetween(from, { to, strategy }) !== undefined) return { seen };
  return { seen, violation: `${from} -> ${to} (${strategy}) is not in the table of transitions` };
};
