import type { CanarySpecInput } from '#src/api/canary.ts';
import type { CheckStatus } from '#src/api/canary-status.ts';
import type { GitView } from '#src/rollout/observed.ts';

/** A change from outside, at a time. */
export type Happening =
  | { readonly at: number; readonly type: 'push'; readonly revision: string }
  /** Somebody writes the route's weight. */
  | { readonly at: number; readonly type: 'drift'; readonly weight: number }
  /** Somebody changes the route beside its weight. */
  | { readonly at: number; readonly type: 'touch' }
  /** All pods of the canary go away and come back. */
  | { readonly at: number; readonly type: 'evict' }
  /** Somebody scales the target up. */
  | { readonly at: number; readonly type: 'scale'; readonly replicas: number }
  | { readonly at: number; readonly type: 'delete' };

export type Story = {
  readonly spec?: CanarySpecInput;
  readonly git?: GitView;
  readonly happenings?: readonly Happening[];
  /** Verdict of window number `n` (from 0) of a revision; passes when it says nothing. */
  readonly verdicts?: Readonly<Record<string, readonly CheckStatus['verdict'][]>>;
  /** Revisions whose pods never get ready, on which sides. */
  readonly broken?: Readonly<Record<string, 'both' | 'primary'>>;
  readonly keepsCapacity?: boolean;
  /** How late the caches show what others do, ms. */
  readonly lag?: number;
  /** Writes (counted from 1) after which the controller dies and starts again. */
  readonly crashes?: readonly number[];
};
