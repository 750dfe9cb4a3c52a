import type { Cause, ConditionType, Outcome, Phase } from './words.ts';

export type Condition = {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
};

/** Container name → image reference as it stands in Git. */
export type Images = Readonly<Record<string, string>>;
/** Container name → `sha256:…` as seen running in the canary. */
export type Digests = Readonly<Record<string, string>>;

export type StableStatus = {
  readonly revision: string;
  /** Canonical hash of the template, for equality across clusters and for Git. */
  readonly hash: string;
  readonly images: Images;
  readonly digests?: Digests;
  readonly since: string;
  /** The revision that was stable before; what a failed promotion goes back to. */
  readonly lastGood?: string;
};

export type SourceStatus = { readonly commit: string; readonly author?: string; readonly subject?: string };

export type DesiredStatus = {
  readonly revision: string;
  readonly hash: string;
  readonly since: string;
  readonly source?: SourceStatus;
};

/** One metric's answer over one window. */
export type CheckStatus = {
  readonly name: string;
  /** End of the window, RFC 3339. */
  readonly at: string;
  readonly value?: number;
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  /** `noData` and `error` are no evidence: never a pass. */
  readonly verdict: 'pass' | 'fail' | 'noData' | 'error';
  readonly message?: string;
  readonly query?: string;
  readonly dryRun?: boolean;
};

/** One weight that the run has held. */
export type StepStatus = {
  readonly index: number;
  readonly weight: number;
  readonly from: string;
  readonly to?: string;
};

/**
 * Where a run is. `ending` begins with the outcome and lasts until the canary is gone and the record is written.
 */
export type RunStage = 'scaling' | 'shifting' | 'promoting' | 'returning' | 'ending';

export type RunStatus = {
  /** `<revision>-<n>`, n counts the runs of this Canary. */
  readonly id: string;
  readonly revision: string;
  readonly hash: string;
  readonly images: Images;
  readonly previous: string;
  readonly strategy: 'canary';
  readonly source?: SourceStatus;
  readonly startedAt: string;
  readonly stage: RunStage;
  readonly stageSince: string;
  /** Steps whose weight has been set; 0 before the first. */
  readonly step: number;
  readonly weight: { readonly set: number; readonly since: string };
  /** End of the last window that was judged at this weight, RFC 3339. */
  readonly windowEnd?: string;
  /** Windows in a row that failed, or that gave no evidence. */
  readonly consecutiveFailed?: number;
  readonly consecutiveNoData?: number;
  readonly noDataSince?: string;
  /** Failures of each metric with a failureLimit of its own. */
  readonly metricFailures?: Readonly<Record<string, number>>;
  /** Last window's checks. */
  readonly checks: readonly CheckStatus[];
  /** Checks worth keeping for the record: firsts, lasts, failures; at most 40. */
  readonly kept: readonly CheckStatus[];
  readonly steps: readonly StepStatus[];
  readonly digests?: Digests;
  readonly deadline?: string;
  /** True while only a person can help: no evidence for too long, or a promotion that failed. */
  readonly held?: string;
  readonly next?: { readonly at?: string; readonly action: string };
  readonly outcome?: Outcome;
  readonly cause?: Cause;
  /** One sentence: what happened and why, with the numbers. */
  readonly sentence?: string;
  readonly endedAt?: string;
};

export type QuarantineStatus = {
  readonly revision: string;
  readonly hash: string;
  readonly images: Images;
  readonly run: string;
  readonly since: string;
};

/** An effect on the outside that is not confirmed yet: a commit, or a message. */
export type OutboxStatus = {
  /** Deterministic: the same decision gives the same id on any replica, after any restart. */
  readonly id: string;
  readonly kind: 'record' | 'revert' | 'message';
  readonly topic?: 'initialized' | 'started' | 'outcome' | 'held' | 'git';
  /** The run that it tells of; absent for the take-over. */
  readonly run?: string;
  /** Provider reference `namespace/name`, for messages. */
  readonly provider?: string;
  readonly state: 'Pending' | 'Refused';
  readonly attempts: number;
  readonly result?: string;
  readonly since: string;
};

export type HistoryStatus = {
  readonly id: string;
  readonly revision: string;
  readonly previous: string;
  readonly images: Images;
  /** Images of the revision that was stable when the run ended: what a revert goes back to. */
  readonly previousImages: Images;
  readonly digests?: Digests;
  readonly hash: string;
  readonly outcome: Outcome;
  readonly cause?: Cause;
  readonly sentence: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly source?: SourceStatus;
  readonly commit?: string;
  readonly pullRequest?: string;
};

/** What was there before Serin, for the finalizer. */
export type AdoptedStatus = {
  readonly replicas: number;
  /** Selector of the apex Service before it was adopted; absent when Serin made the Service. */
  readonly apexSelector?: Readonly<Record<string, string>>;
};

export type CanaryStatus = {
  readonly observedGeneration?: number;
  readonly phase?: Phase;
  readonly canaryWeight?: number;
  readonly failedChecks?: number;
  readonly iterations?: number;
  readonly lastTransitionTime?: string;
  readonly conditions: readonly Condition[];
  readonly stable?: StableStatus;
  readonly desired?: DesiredStatus;
  readonly run?: RunStatus;
  /** Runs begun so far; the next run's number is one more. */
  readonly runs?: number;
  readonly adopted?: AdoptedStatus;
  readonly quarantine: readonly QuarantineStatus[];
  readonly outbox: readonly OutboxStatus[];
  readonly history: readonly HistoryStatus[];
};
