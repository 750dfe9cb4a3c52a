/** The closed lists of words; one test holds that code, CRDs and docs agree on them. */

/** What happened to a run: exactly one, written once. */
export const OUTCOMES = [
  'Promoted',
  'FastPromoted',
  'RolledBack',
  'Aborted',
  'Superseded',
  'Withdrawn',
  'Inconclusive',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Why a run ended as it did. */
export const CAUSES = [
  'WorseThanTolerance',
  'ThresholdReached',
  'BudgetSpent',
  'IncidentReturned',
  'NoCanaryTraffic',
  'InsufficientData',
  'MetricsUnavailable',
  'DeadlineExceeded',
  'HookFailed',
  'RollbackHook',
  'PromotionFailed',
  'OperatorAbort',
  'RouteNotObserved',
  'Quarantined',
] as const;
export type Cause = (typeof CAUSES)[number];

/** How a run gives its version traffic: by weights, all at once after iterations, or to chosen requests. */
export const STRATEGIES = ['canary', 'blueGreen', 'abTest'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** When a hook is called; Flagger's eight, and one for a run without a verdict. */
export const HOOK_TYPES = [
  'confirm-rollout',
  'pre-rollout',
  'rollout',
  'confirm-traffic-increase',
  'confirm-promotion',
  'post-rollout',
  'rollback',
  'event',
  'on-inconclusive',
] as const;
export type HookType = (typeof HOOK_TYPES)[number];

/** What a person can ask of a run. */
export const VERBS = [
  'abort',
  'promote',
  'promoteFull',
  'approve',
  'reject',
  'pause',
  'resume',
  'retry',
  'unquarantine',
] as const;
export type Verb = (typeof VERBS)[number];

/** `status.phase`, with Flagger's values, for scripts that poll them. */
export const PHASES = [
  'Initializing',
  'Initialized',
  'Waiting',
  'Progressing',
  'WaitingPromotion',
  'Promoting',
  'Finalising',
  'Succeeded',
  'Failed',
  'Terminating',
] as const;
export type Phase = (typeof PHASES)[number];

/** Event reasons of type Normal; each is also a condition reason. */
export const NORMAL_REASONS = [
  'Initialized',
  'RevisionDetected',
  'RunStarted',
  'WeightChanged',
  'StepCompleted',
  'GateOpened',
  'Approved',
  'Paused',
  'Resumed',
  'SpecChanged',
  'ActionTaken',
  'Promoting',
  'Promoted',
  'FastPromoted',
  'Superseded',
  'Withdrawn',
  'GitWritten',
  'PullRequestOpened',
  'Released',
] as const;

/** Event reasons of type Warning: a person may have to act. */
export const WARNING_REASONS = [
  'Held',
  'CheckFailed',
  'NoData',
  'MetricsUnavailable',
  'IncidentSuspected',
  'IncidentHold',
  'RolledBack',
  'Aborted',
  'Inconclusive',
  'PromotionFailed',
  'DeadlineExceeded',
  'PrimaryNotReady',
  'RouteNotAccepted',
  'RouteNotObserved',
  'RouteDrift',
  'EndOfLife',
  'WorkloadDrift',
  'Quarantined',
  'GitRefused',
  'GitSuperseded',
  'HookFailed',
  'GateWaiting',
  'ActionRefused',
  'InvalidSpec',
  'AccessDenied',
  'ClusterNotReady',
] as const;
export type Reason = (typeof NORMAL_REASONS)[number] | (typeof WARNING_REASONS)[number];

export const CONDITION_TYPES = ['Ready', 'Reconciling', 'Stalled', 'Promoted', 'GitSynced'] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

export const SEVERITIES = ['info', 'warn', 'error'] as const;

/** What a message is about; `NotificationProvider.spec.kinds` chooses among them. */
export const TOPICS = ['initialized', 'started', 'gate', 'outcome', 'held', 'git'] as const;
export type Topic = (typeof TOPICS)[number];
