import type { CanarySpec } from '../api/canary.ts';
import type { Side } from '../api/names.ts';
import { sidesBase } from '../api/target-kinds.ts';
import { hashOf } from '../lib/hash.ts';
import type { CanaryView } from '../rollout/observed.ts';

/** The Canary that objects are made for. */
export type CanaryIdentity = Pick<CanaryView, 'namespace' | 'name' | 'uid' | 'spec' | 'shadow'>;

/** Names of everything that stands for one Canary, all in its namespace. */
export type Names = {
  readonly target: string;
  /** What "-primary" and "-canary" stand behind in the names of the sides. */
  readonly base: string;
  /** Workloads of the target's kind; where that is a Service, the sides' Services. */
  readonly workload: Readonly<Record<Side, string>>;
  /** The Service that users call. */
  readonly apex: string;
  readonly service: Readonly<Record<Side, string>>;
};

const sidesOf = (base: string): Readonly<Record<Side, string>> => ({
  primary: `${base}-primary`,
  canary: `${base}-canary`,
});

/** Names that follow from a Canary's spec; the Services are named after `service.name`, else after the target. */
export const namesOf = (spec: Pick<CanarySpec, 'targetRef' | 'service'>): Names => {
  const target = spec.targetRef.name;
  const apex = spec.service.name ?? target;
  const base = sidesBase(spec);
  return {
    target,
    base,
    workload: sidesOf(base),
    apex,
    service: sidesOf(apex),
  };
};

/**
 * Name of the ControllerRevision that keeps a revision's template. Those of a DaemonSet have another form, because
 * Kubernetes names its own ones so.
 */
export const revisionName = ({ targetRef: { kind, name } }: Pick<CanarySpec, 'targetRef'>, revision: string): string =>
  kind === 'DaemonSet' ? `${name}-stored-${revision}` : `${name}-${revision}`;

/** Name of the CanaryRun that keeps the record of a run. */
export const runName = (canary: string, run: string): string => `${canary}-${run}`;

/** Longest name of a Canary: the records of its runs carry it as a label. */
export const LONGEST_CANARY_NAME = 63;

/**
 * Name of the immutable copy that a target has of a ConfigMap or Secret with the given content hash. Each target has its
 * own: a copy that two of them used would go when the first of them needs it no longer.
 */
export const configCopyName = (config: { readonly name: string; readonly hash: string }, target: string): string =>
  `${config.name.slice(0, 242).replace(/[^a-z0-9]+$/, '')}-${hashOf({ target, hash: config.hash }).slice(0, 10)}`;

/** True for the form that the name of a copy has. */
export const isConfigCopyName = (name: string): boolean => /-[0-9a-f]{10}$/.test(name);
