import type { CanarySpec } from '../../api/canary.ts';
import type { CanaryStatus, CheckStatus, RunNotes } from '../../api/canary-status.ts';
import type { Outcome, Phase } from '../../api/words.ts';
import { notesOf } from '../../rollout/note-run.ts';
import { type NextView, nextOf } from './next-of.ts';
import { routeView } from './route-view.ts';
import { type RunView, runView, type StepView, stepViews } from './run-view.ts';

/** A pod that is not ready. */
export type PodLine = { readonly name: string; readonly reason: string };

/** A workload as the tree shows it. */
export type WorkloadLine = {
  /** Kind of the object. */
  readonly kind: string;
  readonly name: string;
  readonly role: 'primary' | 'canary' | 'target';
  readonly images: readonly string[];
  readonly wanted: number;
  readonly ready: number;
  /** Why it is not ready. */
  readonly waiting?: string;
  /** Its pods that are not ready; absent when all are. */
  readonly pods?: readonly PodLine[];
  readonly createdAt?: string;
};

/**
 * One Canary for people and scripts: what `-o json` prints, what the terminal draws. A versioned view, not the raw
 * object: numbers are numbers, times are RFC 3339, what is unknown is absent.
 */
export type CanaryView = {
  readonly kind: 'CanaryView';
  readonly version: 1;
  readonly name: string;
  readonly namespace: string;
  readonly cluster?: string;
  readonly phase: Phase;
  readonly createdAt?: string;
  readonly ready: { readonly status: 'True' | 'False' | 'Unknown'; readonly reason: string; readonly message: string };
  readonly source?: { readonly commit: string; readonly author?: string; readonly subject?: string };
  readonly images: { readonly primary: readonly string[]; readonly canary?: readonly string[] };
  readonly run?: RunView;
  /** Steps of a run, in order. */
  readonly plan: readonly StepView[];
  /** Weights of all steps, in order. */
  readonly steps: readonly number[];
  readonly failedChecks: { readonly count: number; readonly threshold: number };
  readonly checks: readonly CheckStatus[];
  readonly next: NextView;
  readonly last?: {
    readonly run: string;
    readonly outcome: Outcome;
    readonly cause?: string;
    readonly sentence: string;
    readonly endedAt: string;
  } & RunNotes;
  readonly git?: { readonly state: string; readonly message: string };
  readonly route?: { readonly kind: string; readonly name: string; readonly weight: number };
  readonly workloads: readonly WorkloadLine[];
};

/** Builds the view from a parsed Canary and what was read beside it. */
export const canaryView = (input: {
  readonly namespace: string;
  readonly name: string;
  readonly createdAt?: string;
  readonly cluster?: string;
  readonly spec: CanarySpec;
  readonly status: CanaryStatus;
  readonly workloads: readonly WorkloadLine[];
}): CanaryView => {
  const { status, spec, name } = input;
  const ready = status.conditions.find((condition) => condition.type === 'Ready');
  const git = status.conditions.find((condition) => condition.type === 'GitSynced');
  const source = status.run?.source ?? status.desired?.source;
  const [last] = status.history;
  const { run } = status;
  return {
    kind: 'CanaryView',
    version: 1,
    name,
    namespace: input.namespace,
    ...(input.cluster === undefined ? {} : { cluster: input.cluster }),
    phase: status.phase ?? 'Initializing',
    ...(input.createdAt === undefined ? {} : { createdAt: input.createdAt }),
    ready: {
      status: ready?.status ?? 'Unknown',
      reason: ready?.reason ?? 'Unknown',
      message: ready?.message ?? 'the controller has not looked at it yet',
    },
    ...(source === undefined ? {} : { source }),
    images: {
      primary: Object.values(status.stable?.images ?? {}),
      ...(run === undefined ? {} : { canary: Object.values(run.images) }),
    },
    ...(run === undefined ? {} : { run: runView(spec, run) }),
    plan: stepViews(spec),
    steps: stepViews(spec).map(({ weight }) => weight),
    failedChecks: { count: status.failedChecks ?? 0, threshold: spec.analysis.threshold },
    checks: run?.checks ?? [],
    next: nextOf(status, name),
    ...(last === undefined
      ? {}
      : {
          last: {
            run: last.id,
            outcome: last.outcome,
            ...(last.cause === undefined ? {} : { cause: last.cause }),
            sentence: last.sentence,
            endedAt: last.endedAt,
            ...notesOf(last),
          },
        }),
    ...(git === undefined
      ? {}
      : { git: { state: git.status === 'True' ? 'Synced' : git.reason, message: git.message } }),
    route: { ...routeView(spec), weight: status.canaryWeight ?? 0 },
    workloads: input.workloads,
  };
};
