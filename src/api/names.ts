/** Group, version, labels and annotations that Serin puts on objects. */
export const GROUP = 'serin.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Field manager of every write that Serin makes. */
export const FIELD_MANAGER = 'serin';

export const ROLE_LABEL = 'serin.dev/role';
export const CANARY_UID_LABEL = 'serin.dev/canary-uid';
export const REVISION_LABEL = 'serin.dev/revision';
export const CANARY_LABEL = 'serin.dev/canary';
export const OUTCOME_LABEL = 'serin.dev/outcome';
export const HELD_LABEL = 'serin.dev/held';
export const CONFIG_TRACKING_ANNOTATION = 'serin.dev/config-tracking';
export const FINALIZER = 'serin.dev/restore';
/** On a Canary that stands for one of Flagger's: the uid of that one. */
export const SHADOW_LABEL = 'serin.dev/shadow-of';
/** On a shadow: which way it is being handed over; nothing is decided about it meanwhile. */
export const HAND_OVER_ANNOTATION = 'serin.dev/hand-over';
/** On a namespace: `true` lets Serin run the flagger.app objects in it. */
export const WATCH_FLAGGER_LABEL = 'serin.dev/watch-flagger';
/** On a flagger.app Canary: keeps it until everything has been given back. */
export const FLAGGER_FINALIZER = 'serin.dev/flagger';

/** On a route: the verdict behind the weight, written in one patch with it, so that a crash cannot forget it. */
export const STAMP_ANNOTATION = 'serin.dev/stamp';
/**
 * On an object of Flagger's that Canaries of other namespaces use: the namespaces that may, with commas between them, or
 * `*` for all.
 */
export const ALLOWED_NAMESPACES_ANNOTATION = 'serin.dev/allowed-namespaces';
/** On an adopted object: what its fields held before, as JSON, to be restored on release. */
export const BASELINE_ANNOTATION = 'serin.dev/baseline';

/** On every object that Serin makes: keeps Flux from pruning it or from calling it drift. */
export const HANDS_OFF_ANNOTATIONS: Readonly<Record<string, string>> = {
  'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
  'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
};

/** The two copies of the target. */
export type Side = 'primary' | 'canary';
