import type { RunRecord } from '../api/canary-run.ts';
import type { CanaryStatus, Digests, RunNotes } from '../api/canary-status.ts';
import type { Side } from '../api/names.ts';
import type { Reason } from '../api/words.ts';
import type { Effect } from './effect.ts';
import type { Exposure } from './exposure.ts';

/** Something to be done in the cluster: idempotent, data only, done by `controller/perform`. */
export type Action =
  | { readonly type: 'addFinalizer' }
  | { readonly type: 'removeFinalizer' }
  /** Stores the target's template as ControllerRevision and copies its configs; refused if the target has moved on. */
  | { readonly type: 'pinRevision'; readonly revision: string }
  /** A primary that stands keeps the number of replicas that it has, whoever has set it; with `resize` it gets this one. */
  | {
      readonly type: 'applyPrimary';
      readonly revision: string;
      readonly replicas: number;
      readonly digests?: Digests;
      readonly resize?: true;
    }
  | { readonly type: 'applyCanary'; readonly revision: string; readonly replicas: number }
  | { readonly type: 'deleteCanary' }
  | { readonly type: 'scaleTarget'; readonly replicas: number }
  | { readonly type: 'applyService'; readonly service: 'apex' | Side }
  /** Writes the route so that the canary gets this of the users' requests and nothing more. */
  | ({ readonly type: 'setRoute'; readonly stamp?: string } & Exposure)
  /** The primary's autoscaler as it should be, which does not go below `floor`. */
  | { readonly type: 'applyAutoscaler'; readonly floor?: number }
  /** The target's own autoscaler paused, with the target at this number of replicas. */
  | { readonly type: 'pauseAutoscaler'; readonly scaledObject: string; readonly replicas: number }
  /** Gives the ScaledObject of this name back as it was before, and removes autoscalers that the primary should not have. */
  | { readonly type: 'restoreAutoscaler'; readonly scaledObject?: string }
  /** The primary's PodDisruptionBudget, where one selects the target alone. */
  | { readonly type: 'applyDisruptionBudget' }
  /** Writes what became of a CanaryAction into its status. */
  | {
      readonly type: 'answerAction';
      readonly name: string;
      readonly state: 'Done' | 'Refused';
      readonly message: string;
    }
  | { readonly type: 'writeRun'; readonly record: RunRecord }
  /** Writes what became known of a run into the status of its record. */
  | { readonly type: 'noteRun'; readonly run: string; readonly notes: RunNotes }
  /** Deletes revisions, config copies and run records that nothing refers to any more. */
  | { readonly type: 'collect'; readonly keepRevisions: readonly string[] }
  /** For the finalizer. */
  | { readonly type: 'restoreApex' }
  | { readonly type: 'releaseRoute' }
  | { readonly type: 'deleteOwned' };

/** A transition worth telling; becomes a Kubernetes Event. */
export type EventNote = { readonly reason: Reason; readonly note: string };

/** What the API server refused, and of what: it would refuse it again until a person has acted. */
export type Refusal = EventNote & { readonly action: Action['type'] };

export type Decision = {
  /** In order. What lowers exposure; done before status is written. */
  readonly before: readonly Action[];
  readonly status: CanaryStatus;
  /** In order. What raises exposure or prepares it; done after the status that records the intent. */
  readonly after: readonly Action[];
  /** Everything that should be running or done; what is no longer wanted is cancelled. Started after the status. */
  readonly effects: readonly Effect[];
  readonly events: readonly EventNote[];
  /** Look again at this time, ms, even if nothing changes. */
  readonly wakeAt?: number;
};
