import type { CheckStatus, HistoryStatus } from '../api/canary-status.ts';
import type { HookType } from '../api/words.ts';
import type { MetricCheck } from './metric-check.ts';

/** Asks every metric over one window. Times are ms since the epoch. */
export type MeasureEffect = {
  readonly kind: 'measure';
  readonly key: string;
  readonly window: { readonly from: number; readonly to: number };
  readonly checks: readonly MetricCheck[];
};

/** Asks the plane whether its proxies have taken what was written at `since`, ms since the epoch. */
export type ProveEffect = {
  readonly kind: 'prove';
  readonly key: string;
  readonly since: number;
};

/** A field that a revert puts back. */
export type ImageEdit = { readonly container: string; readonly from: string; readonly to: string };

/** One outcome to be written to Git, exactly once. */
export type GitOperation = {
  /** Deterministic id; stands in the commit's trailers. */
  readonly id: string;
  readonly kind: 'record' | 'revert';
  readonly cluster: string;
  readonly canary: { readonly namespace: string; readonly name: string };
  /** The workload whose images are edited. */
  readonly target: { readonly kind: string; readonly name: string };
  readonly run: HistoryStatus;
  /** `namespace/name` of the Repository. */
  readonly repository: string;
  readonly path: string;
  readonly branch: string;
  /** What to do on a refused push. */
  readonly via: 'commit' | 'pullRequest' | 'commitOrPullRequest';
  readonly edits: readonly ImageEdit[];
  /** ms since the epoch, whole seconds. */
  readonly decidedAt: number;
};
export type CommitEffect = { readonly kind: 'commit'; readonly key: string; readonly operation: GitOperation };

/** What is told, to whichever receiver: one model, rendered per provider. */
export type Message = {
  /** The operation's id; receivers may drop repeats by it. */
  readonly id: string;
  readonly topic: 'initialized' | 'started' | 'gate' | 'outcome' | 'held' | 'git';
  readonly severity: 'info' | 'warn' | 'error';
  readonly cluster: string;
  readonly canary: { readonly namespace: string; readonly name: string };
  readonly target: string;
  readonly run?: HistoryStatus;
  /** One sentence of fact. */
  readonly title: string;
  /** One sentence of reason, one of what comes next. */
  readonly text: string;
  readonly fields: readonly { readonly title: string; readonly value: string }[];
  /** ms since the epoch. */
  readonly at: number;
};
export type NotifyEffect = {
  readonly kind: 'notify';
  readonly key: string;
  readonly provider: string;
  readonly message: Message;
};

/** What a hook is told: Flagger's five fields, then Serin's. */
export type HookPayload = {
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  readonly checksum: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly runId?: string;
  readonly revision?: string;
  readonly weight?: number;
  readonly step?: number;
  readonly images?: Readonly<Record<string, string>>;
  /** Of the run, once it has one. */
  readonly outcome?: string;
};

/** Calls one hook. At least once: whoever is called may drop repeats by the id, which is sent along. */
export type HookEffect = {
  readonly kind: 'hook';
  readonly key: string;
  /** The same for every repeat of this call, and for no other of any Canary or cluster. */
  readonly id: string;
  /** Nobody waits for its answer: once begun it goes to its end, wanted or not, and is forgotten. */
  readonly loose?: true;
  readonly hook: {
    readonly name: string;
    readonly type: HookType;
    readonly url: string;
    readonly timeoutMs: number;
    /** Attempts after the first. */
    readonly retries: number;
    readonly disableTLS: boolean;
    /** Namespaced Secret with `hmac`, by which the body is signed. */
    readonly secretRef?: { readonly namespace: string; readonly name: string };
  };
  readonly payload: HookPayload;
};

/** Something on the outside that `decide` wants to be running or done. Keys are unique per Canary. */
export type Effect = MeasureEffect | ProveEffect | CommitEffect | NotifyEffect | HookEffect;

export type GitResult =
  | { readonly state: 'Pushed' | 'AlreadyApplied'; readonly commit: string }
  | { readonly state: 'PullRequest'; readonly url: string; readonly commit: string }
  /** A field holds neither the old nor the new value: somebody wrote something newer. */
  | { readonly state: 'Superseded'; readonly detail: string }
  /** A person must act; `detail` says what would be right. */
  | { readonly state: 'Refused'; readonly reason: string; readonly detail: string };

export type EffectResult =
  | {
      readonly kind: 'measure';
      readonly checks: readonly CheckStatus[];
      /** Metrics of which no window of this length will ever tell anything; their messages say why. */
      readonly hopeless?: readonly string[];
    }
  /** `unproven`: nobody could say in time. */
  | {
      readonly kind: 'prove';
      readonly verdict: 'programmed' | 'unproven';
      readonly detail: string;
    }
  | { readonly kind: 'commit'; readonly git: GitResult }
  | { readonly kind: 'notify'; readonly delivered: boolean; readonly detail: string }
  /** `passed`: 2xx. `detail` is the answer in words, cut to size, without what the address may hide. */
  | { readonly kind: 'hook'; readonly passed: boolean; readonly detail: string };

/** What the effects table knows of one wanted effect. It restarts a failed one by itself after `retryAt`. */
export type EffectState =
  | { readonly state: 'running'; readonly since: number }
  | { readonly state: 'failed'; readonly error: string; readonly attempts: number; readonly retryAt: number }
  | { readonly state: 'done'; readonly at: number; readonly result: EffectResult };
