import type { CanarySpec } from '../api/canary.ts';
import type { CanaryStatus, Digests, Images, RunNotes, SourceStatus } from '../api/canary-status.ts';
import type { Problem } from '../api/problem.ts';
import type { Verb } from '../api/words.ts';
import type { EventNote, Refusal } from './decision.ts';
import type { Fought } from './drift.ts';
import type { EffectState } from './effect.ts';
import type { Exposure } from './exposure.ts';
import type { MetricCheck } from './metric-check.ts';

/** The Canary object itself. */
export type CanaryView = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly spec: CanarySpec;
  readonly hasFinalizer: boolean;
  readonly deleting: boolean;
  /** When somebody asked for its deletion, by the API server's clock; ms. */
  readonly deletedAt?: number;
  /** It stands for a Canary of Flagger's, whose primary has Flagger's labels. */
  readonly shadow?: true;
};

/** A version of the target that Kubernetes has given a name and whose configs are all there. */
export type RevisionView = {
  /** That name, such as the pod-template-hash, and the hash of the configs' contents when there are any. */
  readonly id: string;
  /** Canonical hash of the template. */
  readonly hash: string;
  readonly images: Images;
  readonly source?: SourceStatus;
};

export type TargetView = {
  readonly uid: string;
  readonly deleting: boolean;
  /** Replicas wanted by its spec; 1 for what has no such number and is not held down. */
  readonly replicas: number;
  readonly readyReplicas: number;
  /** Field manager that last set the replicas, when that was not Serin. */
  readonly scaledBy?: string;
  /** At 0 replicas, but without the label by which admission keeps it there. */
  readonly unheld?: true;
  /** Its pods are the team's to run: Serin makes no more and no fewer of them. */
  readonly unscaled?: true;
  /** Where it serves, in words; absent where the replicas tell. */
  readonly serving?: string;
  /** Undefined until Kubernetes has seen the newest template, or while a config is missing (then `waiting` says so). */
  readonly revision?: RevisionView;
  readonly waiting?: string;
  /** Only a person can end that waiting. */
  readonly isStuck?: true;
};

/** `app-primary` or `app-canary` as it stands. */
export type WorkloadView = {
  /** What its template was made from: its revision label. */
  readonly revision: string;
  /** True when its template carries exactly the digests that the run recorded, or none were asked for. */
  readonly pinned: boolean;
  /** Field manager that has made its template another than its revision's. */
  readonly changedBy?: string;
  /** Field manager that last set its replicas, when that was not Serin. */
  readonly scaledBy?: string;
  /** Pods wanted; 1 where their number is not Serin's to choose: one on each node, or those of the team. */
  readonly replicas: number;
  readonly readyReplicas: number;
  /** Every wanted pod is of the newest template, ready, and none of an older one is left. */
  readonly ready: boolean;
  /** Ready pods that the data plane can see: ready endpoints of the side's Service. */
  readonly endpoints: number;
  /** Why it is not ready, or is about not to be, in words: the pod, the container and the reason. */
  readonly waiting?: string;
  /** Kubernetes gave up on it: ProgressDeadlineExceeded. */
  readonly deadlineExceeded: boolean;
  /** A change of its template takes no ready pod away before a new one is ready (maxUnavailable 0). */
  readonly keepsCapacity: boolean;
  /** Image digests that its ready pods run; undefined while unknown. */
  readonly digests?: Digests;
  readonly deleting: boolean;
};

export type ServiceView = {
  /** Which pods it selects: one side, or anything else (before take-over). */
  readonly selects: 'primary' | 'canary' | 'other';
  /** Selector, ports and labels are as Serin wants them. */
  readonly current: boolean;
  /** Every ready endpoint is a pod of the side that it selects, and there is at least one. */
  readonly endpointsMatch: boolean;
  /** Serin made it, so that it goes with the Canary; what was there before is given back. */
  readonly made?: boolean;
  /** Field manager that last changed the selector, when that was not Serin. */
  readonly foreignManager?: string;
};

export type RouteView = {
  readonly exists: boolean;
  /** Percent of the default traffic that the route sends to the canary now; undefined when it is not ours yet. */
  readonly canaryWeight?: number;
  /** What the canary gets beside it. */
  readonly mirror?: number;
  readonly pinned?: Exposure['pinned'];
  readonly affinity?: Exposure['affinity'];
  /** Our own note on the route: the verdict behind its weight. */
  readonly stamp?: string;
  /** The object stands exactly as `plan` would write it for the weight it has. */
  readonly current: boolean;
  /** What the plane says of the object as it stands. */
  readonly acceptance: 'accepted' | 'pending' | 'refused' | 'unknown';
  /** The plane's own words. */
  readonly detail: string;
  /** When `acceptance` was first seen as it is, for what the canary gets; ms. */
  readonly since: number;
  /** Field manager that last changed the weight, when that was not Serin. */
  readonly foreignManager?: string;
  /** Who can be asked whether the proxies have taken the weight, where `acceptance` cannot tell. */
  readonly proof?: 'istiod';
  /** What its users should know when the plane is at its end, with its successor. */
  readonly endOfLife?: string;
};

/** Where outcomes go. */
export type GitView =
  | { readonly mode: 'off' }
  | {
      readonly mode: 'on';
      /** `namespace/name` of the Repository. */
      readonly repository: string;
      readonly url: string;
      readonly branch: string;
      readonly path: string;
      readonly onSuccess: 'none' | 'record';
      readonly onFailure: 'none' | 'record' | 'revert' | 'pullRequest' | 'revertOrPullRequest';
    };

/** A message receiver that the Canary names. */
export type AlertView = {
  /** `namespace/name` of a NotificationProvider, `AlertProvider namespace/name` of one of Flagger's. */
  readonly provider: string;
  readonly severity: 'info' | 'warn' | 'error';
};

/** A CanaryAction that has no answer yet. */
export type ActionView = {
  readonly name: string;
  readonly verb: Verb;
  /** Id of the run, or the revision, that is meant. */
  readonly run?: string;
  readonly revision?: string;
  readonly gate?: string;
  readonly reason?: string;
  readonly requestedBy: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  readonly expiresAt?: number;
};

/** The autoscaler that the Canary names: the target's, and what it comes to for the primary. */
export type AutoscalerView = {
  readonly kind: 'HorizontalPodAutoscaler' | 'ScaledObject';
  readonly name: string;
  /** Fewest and most replicas of the primary, as asked for. */
  readonly min: number;
  readonly max: number;
  /** Replicas that it may go down to, below the fewest, where nothing is to be done (KEDA's `idleReplicaCount`). */
  readonly idle?: number;
  /** The primary's stands as it should be, but for its fewest replicas. */
  readonly current: boolean;
  /** What the primary's may go down to as it stands; undefined while there is none. */
  readonly fewest?: number;
  /** Who has changed the primary's. */
  readonly changedBy?: string;
  /** The target's own is paused by Serin, at this number. */
  readonly pausedAt?: number;
  /** The target's own can be paused and is not, or not at 0: it would scale the target. */
  readonly unpaused?: true;
  /** Pods that the primary's load needs, by what its autoscaler has measured at them; not rounded, and not bounded. */
  readonly load?: number;
};

/** Something that somebody else undoes as often as Serin puts it right. */
export type FightView = Fought & {
  /** How often it was put right. */
  readonly times: number;
  /** Field manager of whoever undoes it, where that is known. */
  readonly by?: string;
};

/** What the status of a CanaryRun tells: which of its fields, and the answers of which hooks. */
export type NotedView = { readonly fields: readonly (keyof RunNotes)[]; readonly hooks: readonly string[] };

/** Everything that `decide` may look at: plain data, read from caches only. */
export type Observed = {
  readonly cluster: string;
  readonly canary: CanaryView;
  readonly status: CanaryStatus;
  /** What a person must put right before anything else is done. */
  readonly problems: readonly Problem[];
  /** Undefined when the target does not exist. */
  readonly target?: TargetView;
  readonly primary?: WorkloadView;
  /** `app-canary`. */
  readonly side?: WorkloadView;
  /** A primary that Flagger has left and that serves: the version it runs, or what keeps that from being known. */
  readonly found?: { readonly revision: RevisionView } | { readonly waiting: string };
  readonly services: { readonly apex?: ServiceView; readonly primary?: ServiceView; readonly canary?: ServiceView };
  readonly route: RouteView;
  /** Revisions whose template is stored in a ControllerRevision and whose config copies exist. */
  readonly pinned: readonly string[];
  /** A config copy that the stable revision runs with, as kind and name: gone, and its content known to nobody. */
  readonly lostCopy?: string;
  /** Runs whose CanaryRun exists. */
  readonly recorded: readonly string[];
  /** What the status of those tells, by run; absent where it tells nothing. */
  readonly noted: Readonly<Record<string, NotedView>>;
  readonly metrics: readonly MetricCheck[];
  readonly git: GitView;
  readonly alerts: readonly AlertView[];
  /** The effects table's view, by key. */
  readonly effects: ReadonlyMap<string, EffectState>;
  readonly namespaceDeleting: boolean;
  /** Oldest first; none where the kind cannot be read. */
  readonly actions?: readonly ActionView[];
  readonly autoscaler?: AutoscalerView;
  /** What is left of an autoscaler that the Canary does not name any more: of the primary's, or its own pause. */
  readonly autoscalerLeft?: { readonly scaledObject?: string };
  /** False while the primary lacks the PodDisruptionBudget that the target has. */
  readonly budgetCurrent?: boolean;
  /** What the API server refused when it was last written for this Canary. */
  readonly refused?: Refusal;
  /** Under way now. */
  readonly fights?: readonly FightView[];
  /** What may not be read: nothing must be taken for absent then. */
  readonly unseen?: EventNote;
};
