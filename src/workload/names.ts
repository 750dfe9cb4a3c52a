import type { CanarySpec } from '../api/canary.ts';
import type { Side } from '../api/names.ts';
import type { CanaryView } from '../rollout/observed.ts';

/** The Canary that objects are made for. */
export type CanaryIdentity = Pick<CanaryView, 'namespace' | 'name' | 'uid' | 'spec' | 'shadow'>;

/** Names of everything that stands for one Canary, all in its namespace. */
export type Names = {
  readonly target: string;
  /** Deployments. */
  readonly workload: Readonly<Record<Side, string>>;
  /** The Service that users call. */
  readonly apex: string;
  readonly service: Readonly<Record<Side, string>>;
};

/** Names that follow from a Canary's spec; the Services are named after `service.name`, else after the target. */
export const namesOf = (spec: Pick<CanarySpec, 'targetRef' | 'service'>): Names => {
  const target = spec.targetRef.name;
  const apex = spec.service.name ?? target;
  return {
    target,
    workload: { primary: `${target}-primary`, canary: `${target}-canary` },
    apex,
    service: { primary: `${apex}-primary`, canary: `${apex}-canary` },
  };
};

/** Name of the ControllerRevision that keeps a revision's template. */
export const revisionName = (target: string, revision: string): string => `${target}-${revision}`;

/** Name of the CanaryRun that keeps the record of a run. */
export const runName = (canary: string, run: string): string => `${canary}-${run}`;

/** Longest name of a Canary: the records of its runs carry it as a label. */
export const LONGEST_CANARY_NAME = 63;

/** Name of the immutable copy of a ConfigMap or Secret with the given content hash (hexadecimal, 10 digits are used). */
export const configCopyName = (config: { readonly name: string; readonly hash: string }): string =>
  `${config.name.slice(0, 242).replace(/[^a-z0-9]+$/, '')}-${config.hash.slice(0, 10)}`;
