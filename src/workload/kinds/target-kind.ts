import type { Digests, Images } from '../../api/canary-status.ts';
import type { Side } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import type { TargetKindName } from '../../api/target-kinds.ts';
import type { JsonRecord } from '../../lib/json.ts';
import type { KubeObject, ObjectRef } from '../../lib/kube-object.ts';
import type { TargetView, WorkloadView } from '../../rollout/observed.ts';
import type { Waiting } from '../config-tracking.ts';
import type { WorkloadOptions } from '../manifests.ts';
import type { CanaryIdentity } from '../names.ts';
import type { RevisionRecord } from '../revision-record.ts';

/** What is read beside the objects of one Canary, all in its namespace. */
export type Around = {
  /** Objects of a kind whose owner has this uid. */
  readonly ownedBy: (kind: 'ReplicaSet' | 'ControllerRevision' | 'Pod', uid: string) => readonly KubeObject[];
  readonly pod: (name: string) => KubeObject | undefined;
  /** EndpointSlices of a Service. */
  readonly slices: (service: string) => readonly KubeObject[];
};

/** A revision that has been named before, and the canonical hash of what it is. */
export type NamedRevision = { readonly revision: string; readonly hash: string };

/** How large the target is, as `decide` sees it. */
export type Size = Pick<TargetView, 'replicas' | 'readyReplicas' | 'scaledBy' | 'unheld' | 'unscaled' | 'serving'>;

export type Write =
  | { readonly type: 'apply'; readonly object: KubeObject }
  | { readonly type: 'merge'; readonly ref: ObjectRef; readonly patch: JsonRecord };

/** What a view of a side is made from. */
export type SideContext = {
  readonly around: Around;
  /** Pods of the target and of the other side. */
  readonly beside: readonly KubeObject[];
  /** EndpointSlices of the side's Service. */
  readonly slices: readonly KubeObject[];
  /** Percent of its pods that have to be available for it to be ready; all of them when absent. */
  readonly readyPercent?: number | undefined;
  /** Digests that its images should be pinned to. */
  readonly digests?: Digests | undefined;
  /** The object as it was applied for its revision; undefined when that is not known any more. */
  readonly wanted?: KubeObject | undefined;
};

/** What a Service is made from. */
export type ServiceSources = {
  readonly canary: CanaryIdentity;
  readonly target: KubeObject | undefined;
  /** The side that it leads to, as it stands: the primary for the apex. */
  readonly side: KubeObject | undefined;
  readonly apex: KubeObject | undefined;
  readonly record: (revision: string) => RevisionRecord | undefined;
};

type Labels = Readonly<Record<string, string>>;

/**
 * How one kind of target differs from the others: the only place that knows. Whoever works with targets and sides asks
 * `kindOf` for the kind of an object, and treats all alike.
 *
 * @example
 * const { replicas, unheld } = kindOf(target).size(target, { around, beside });
 */
export type TargetKind = {
  readonly kind: TargetKindName;
  readonly apiVersion: string;
  /** The pod template that is judged, without what Serin puts into the target's; empty where there is none. */
  readonly template: (object: KubeObject) => JsonRecord;
  /** Canonical hash of what is judged, configs apart: equal for equal versions, in any cluster. Hexadecimal. */
  readonly hash: (object: KubeObject) => string;
  /** The name of what is judged, configs apart, with no "-" in it. `named` are revisions that have theirs already. */
  readonly name: (
    object: KubeObject,
    of: { readonly around: Around; readonly named: readonly NamedRevision[] },
  ) => { readonly name: string } | Waiting;
  /** Container name → image, init containers included. */
  readonly images: (object: KubeObject, around: Around) => Images;
  /** What of the target's spec its sides get, whatever their size. */
  readonly recorded: (target: KubeObject) => JsonRecord;
  /** `beside`: pods of the sides. */
  readonly size: (target: KubeObject, of: { readonly around: Around; readonly beside: readonly KubeObject[] }) => Size;
  /** Makes the target run `replicas` pods, or hold it at 0; undefined where its pods are not Serin's to run. */
  readonly scaled: (target: KubeObject, replicas: number) => Write | undefined;
  /** What makes a target that Serin holds down one that Flagger holds; undefined where both hold it by the same. */
  readonly leftToFlagger: (target: KubeObject) => Write | undefined;
  /** What is wrong with a target, or would be with copies of it. */
  readonly problems: (target: KubeObject, canary: CanaryIdentity) => readonly Problem[];
  /** What leaves the primary without any pod while it gets a version, and what would be right; undefined: nothing does. */
  readonly emptied: (
    target: KubeObject,
    of: { readonly primary: KubeObject | undefined },
  ) => { readonly why: string; readonly want: string } | undefined;
  /** Labels of the pods that the primary is to have; undefined where it has none of its own. */
  readonly primaryLabels: (
    target: KubeObject,
    of: { readonly existing: KubeObject | undefined; readonly shadow: true | undefined },
  ) => Labels | undefined;
  /**
   * Why an apex Service with this selector would lead users elsewhere than to the target's pods or the primary's
   * (`pods`); `onlyAtFirst` when that is no fault any more once Serin leads it.
   */
  readonly misleads: (
    selector: Labels,
    of: { readonly target: KubeObject; readonly pods: Labels | undefined },
  ) => { readonly message: string; readonly onlyAtFirst: boolean } | undefined;
  /** Pods, nodes or endpoints: how many a target or a side is to have, and how many of them are ready. For people. */
  readonly counted: (object: KubeObject, around: Around) => { readonly wanted: number; readonly ready: number };
  /** Pods of a target or a side. */
  readonly pods: (object: KubeObject, around: Around) => readonly KubeObject[];
  /** Primary or canary of a revision, to be applied. */
  readonly side: (side: Side, record: RevisionRecord, options: WorkloadOptions) => KubeObject;
  /** The canary when there is no run, to be applied; undefined when there is none then. */
  readonly idle: (canary: CanaryIdentity, apex: KubeObject | undefined) => KubeObject | undefined;
  /** A side as `decide` sees it; undefined while it stands for no revision. */
  readonly view: (object: KubeObject, context: SideContext) => WorkloadView | undefined;
  /** Services of other people may select the very pods of a side. */
  readonly sharesSelectors: boolean;
  /** What a Service should be now; undefined while that is not known. */
  readonly service: (which: 'apex' | Side, sources: ServiceSources) => KubeObject | undefined;
  /**
   * The selector that an adopted apex Service is handed back with, and the labels that the one from before must match to
   * be taken instead; no labels when it is never taken.
   */
  readonly released: (of: { readonly target: KubeObject; readonly primary: KubeObject | undefined }) => {
    readonly selector: Labels;
    readonly labels?: Labels;
  };
};
