import type { CanarySpecInput } from '#src/api/canary.ts';
import type { CheckStatus } from '#src/api/canary-status.ts';
import type { Verb } from '#src/api/words.ts';
import type { HookEffect } from '#src/rollout/effect.ts';
import type { GitView } from '#src/rollout/observed.ts';

/** What happens from outside. */
export type Event =
  | { readonly type: 'push'; readonly revision: string }
  /** Somebody writes the route's weight. */
  | { readonly type: 'drift'; readonly weight: number }
  /** Somebody changes the route beside its weight. */
  | { readonly type: 'touch' }
  /** All pods of the canary go away and come back. */
  | { readonly type: 'evict' }
  /** The same of the primary. */
  | { readonly type: 'evictPrimary' }
  /** Somebody scales the target up. */
  | { readonly type: 'scale'; readonly replicas: number }
  /** Somebody edits `spec.analysis`, or sets a field of the spec. */
  | { readonly type: 'edit'; readonly analysis?: CanarySpecInput['analysis']; readonly spec?: Partial<CanarySpecInput> }
  /** Prometheus goes away, or comes back. */
  | { readonly type: 'prometheus'; readonly up: boolean }
  /** A person asks for something. */
  | { readonly type: 'act'; readonly verb: Verb }
  /** The controller is killed and starts again. */
  | { readonly type: 'restart' }
  | { readonly type: 'delete' };

/** A change from outside, at a time. */
export type Happening = { readonly at: number } & Event;

export type Story = {
  readonly spec?: CanarySpecInput;
  readonly git?: GitView;
  readonly happenings?: readonly Happening[];
  /** Verdict of window number `n` (from 0) of a revision; passes when it says nothing. */
  readonly verdicts?: Readonly<Record<string, readonly CheckStatus['verdict'][]>>;
  /** Revisions whose pods never get ready, on which sides. */
  readonly broken?: Readonly<Record<string, 'both' | 'primary'>>;
  readonly keepsCapacity?: boolean;
  /** What a hook answers, and after how long; yes and at once when it says nothing. */
  readonly hooks?: Oracle['hook'];
  /** How late the caches show what others do, ms. */
  readonly lag?: number;
  /** Writes (counted from 1) after which the controller dies and starts again. */
  readonly crashes?: readonly number[];
};

/** What is not settled by a story: asked the moment that it is needed. */
export type Oracle = {
  /** Of window number `number` (from 0) of a revision. */
  readonly verdict: (window: { readonly revision: string; readonly number: number }) => CheckStatus['verdict'];
  /** Of a call that is made at `now`. */
  readonly hook?: (call: HookEffect, now: number) => { readonly passed: boolean; readonly ms: number };
  /** Whether the controller dies after this write, counted from 1. */
  readonly crashes: (write: number) => boolean;
};

/** The oracle that a story is. */
export const oracleOf = ({ verdicts, crashes, hooks }: Story): Oracle => ({
  ...(hooks === undefined ? {} : { hook: hooks }),
  verdict: ({ revision, number }) => verdicts?.[revision]?.[number] ?? 'pass',
  crashes: (write) => crashes?.includes(write) === true,
});
