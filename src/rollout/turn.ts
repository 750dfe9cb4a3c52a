import type { CanaryStatus } from '../api/canary-status.ts';
import type { Action, EventNote } from './decision.ts';
import type { Effect } from './effect.ts';

/** What one phase makes of what it sees. `decide` completes it with conditions, the outbox and what comes next. */
export type Turn = {
  readonly status: CanaryStatus;
  /** Lowers exposure: before the status. */
  readonly before: readonly Action[];
  /** Raises or prepares exposure: after the status. */
  readonly after: readonly Action[];
  readonly effects: readonly Effect[];
  readonly events: readonly EventNote[];
  readonly wakeAt?: number;
  /** What a phase without a run is waiting for, in words: `for podinfo-primary to be ready`. */
  readonly waiting?: string;
  /** What only a person can mend, where the Canary itself has no fault. */
  readonly stuck?: EventNote;
};

/** A turn that keeps `status` and does what `parts` say, nothing else. */
export const turn = (status: CanaryStatus, parts: Partial<Omit<Turn, 'status'>> = {}): Turn => ({
  before: [],
  after: [],
  effects: [],
  events: [],
  ...parts,
  status,
});

/** `next` with the actions and events of `first` in front of its own. */
export const followedBy = (first: Omit<Turn, 'status'>, next: Turn): Turn => ({
  ...next,
  before: [...first.before, ...next.before],
  after: [...first.after, ...next.after],
  effects: [...first.effects, ...next.effects],
  events: [...first.events, ...next.events],
});
