import type { CanarySpec } from '../api/canary.ts';
import type { Side } from '../api/names.ts';
import type { Problem } from '../api/problem.ts';
import type { Provider } from '../api/provider.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import type { Affinity } from '../rollout/exposure.ts';
import type { MetricSelectors } from '../rollout/metric-check.ts';
import type { Condition, RequestMatch, ValueMatch } from '../rollout/request-match.ts';

/** Where the traffic of one Canary passes: everything that a router needs to find and write its objects. */
export type RouteRef = {
  readonly namespace: string;
  /** Apex service name; `-primary` and `-canary` are the sides'. */
  readonly service: string;
  /** The target; `-primary` and `-canary` are the workloads. */
  readonly target: string;
  readonly port: number;
  readonly canaryUid: string;
  readonly gatewayRefs: readonly {
    readonly group?: string | undefined;
    readonly kind?: string | undefined;
    readonly namespace?: string | undefined;
    readonly name: string;
    readonly sectionName?: string | undefined;
    readonly port?: number | undefined;
  }[];
  readonly hosts: readonly string[];
  /** What the spec says of the route beside its weights; each plane refuses by rule what it cannot express. */
  readonly options: RouteOptions;
  /** Gloo's Upstream whose settings the sides' get. */
  readonly upstreamRef?: { readonly name: string; readonly namespace?: string | undefined } | undefined;
  /** A route that lives in Git and is adopted. */
  readonly routeRef?: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  readonly ingressRef?: { readonly apiVersion: string; readonly kind: string; readonly name: string };
};

/** The fields of `spec.service` that shape a route. */
export type RouteOptions = Pick<
  CanarySpec['service'],
  | 'appProtocol'
  | 'backends'
  | 'corsPolicy'
  | 'delegation'
  | 'gateways'
  | 'headers'
  | 'match'
  | 'meshName'
  | 'retries'
  | 'rewrite'
  | 'timeout'
  | 'trafficPolicy'
>;

/** Reads from the caches. */
export type Objects = {
  /** One object; undefined when it is not there. */
  readonly get: (ref: ObjectRef) => KubeObject | undefined;
  /** False for what is not shown even if it is there; where it is absent, everything is shown. */
  readonly sees?: (ref: ObjectRef) => boolean;
  /** Objects of a kind in a namespace; where it is absent, the checks that need it are left out. */
  readonly list?: (kind: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
  }) => readonly KubeObject[];
};

/** Shares in parts per million; they sum to 1,000,000. */
export type Share = { readonly backend: string; readonly weightPpm: number };

export type TrafficIntent = {
  /** Requests that are not pinned. */
  readonly split: readonly Share[];
  /** Requests that go to the canary, whatever the split says: those that any of the matches fits. Not empty. */
  readonly pinned?: readonly RequestMatch[];
  /** Percent (1 to 100) of the default requests that the canary gets a copy of; of safe methods only, answers dropped. */
  readonly mirror?: number;
  /** Both sides keep their clients. */
  readonly affinity?: Affinity;
  /** Kept on the route as annotation, in the same write. */
  readonly stamp?: string | undefined;
};

export type Capabilities = {
  /** Smallest change of weight that the plane can express. */
  readonly weightGranularityPpm: number;
  readonly acceptance: 'none' | 'status' | 'status+generation';
  /** Weight 0 also moves clients that hold an affinity cookie. */
  readonly zeroWeightDrainsSticky: boolean;
  /** Who knows whether the proxies have taken a weight, where the objects do not tell. */
  readonly proof?: 'istiod';
  /** The primary Service may be without endpoints while the canary takes everything. */
  readonly primaryMayBeEmpty: boolean;
  readonly perBackendMetrics: boolean;
  /** Conditions by which requests can be pinned: for each place the operators that the plane has. */
  readonly pins: {
    readonly [On in Condition['on']]: readonly ValueMatch['op'][];
  };
  /** Most alternatives in `pinned`, and most conditions in one of them. */
  readonly pinLimits?: { readonly matches: number; readonly conditions: number };
  /** Copies of requests: none, all of them, or a percentage. */
  readonly mirror: 'none' | 'full' | 'percent';
  /** Whether clients can be kept on both sides. */
  readonly affinity: boolean;
  readonly lifecycle: {
    readonly eol?: string;
    readonly successor?: string;
    /** What users of the plane are told at take-over and at the start of each run: what ends, and where to go. */
    readonly warning?: string;
  };
};

/** One guarded write to one object. */
export type ObjectPatch =
  /** Server-side apply with Serin's field manager. */
  | { readonly type: 'apply'; readonly object: KubeObject }
  /** Merge patch that holds only for this resourceVersion. */
  | {
      readonly type: 'merge';
      readonly ref: ObjectRef;
      readonly resourceVersion: string;
      readonly patch: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'delete'; readonly ref: ObjectRef; readonly uid?: string };

export type Plan = {
  /** Empty when everything stands as intended. At most one patch per object. */
  readonly patches: readonly ObjectPatch[];
  /** What the plane can express of the intent. */
  readonly effective: readonly Share[];
  readonly roundingErrorPpm: number;
  readonly warnings: readonly string[];
};

export type Evidence = {
  readonly ok: boolean | 'unknown';
  /** True when the plane said no, in `detail`'s words; false while it has not answered. */
  readonly refused: boolean;
  readonly detail: string;
};

/** One data plane. Pure: it reads objects and says what to write; `controller/` fetches and writes. */
export type Router = {
  readonly id: Provider;
  readonly capabilities: (objects: Objects, ref: RouteRef) => Capabilities;
  /** Preflight: what stands in the way of ever writing this route. */
  readonly problems: (objects: Objects, ref: RouteRef) => readonly Problem[];
  /** The intent that stands; undefined when the route is not there or not ours yet. */
  readonly observe: (objects: Objects, ref: RouteRef) => TrafficIntent | undefined;
  /** `observe` after `plan` gives back the intent. */
  readonly plan: (objects: Objects, ref: RouteRef, intent: TrafficIntent) => Plan;
  /** What the plane says of the objects as they stand. */
  readonly accepted: (objects: Objects, ref: RouteRef) => Evidence;
  /** Field manager that owns the weights, when it is not Serin's. */
  readonly foreignManager: (objects: Objects, ref: RouteRef) => string | undefined;
  /** Counters of one side; null where the plane cannot tell the sides apart, `later` while the plane is not known. */
  readonly metrics: (objects: Objects, ref: RouteRef, side: Side) => MetricSelectors | null | 'later';
  /** Restores what was there before and drops field ownership. */
  readonly release: (objects: Objects, ref: RouteRef) => Plan;
};
