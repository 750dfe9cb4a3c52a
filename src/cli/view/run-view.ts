import type { CanarySpec } from '../../api/canary.ts';
import type { ActionStatus, GateStatus, HookStatus, RunStatus, StepStatus } from '../../api/canary-status.ts';
import type { Outcome, Strategy } from '../../api/words.ts';
import { askedMatches } from '../../rollout/asked-matches.ts';
import { type PlannedStep, planOf } from '../../rollout/plan.ts';
import type { RequestMatch } from '../../rollout/request-match.ts';

/** The run that is going on, for people and scripts. */
export type RunView = {
  readonly id: string;
  readonly revision: string;
  readonly strategy: Strategy;
  readonly startedAt: string;
  readonly outcome?: Outcome;
  readonly cause?: string;
  readonly sentence?: string;
  /** Why only a person can help. */
  readonly held?: string;
  readonly paused?: { readonly since: string; readonly by?: string; readonly reason?: string };
  /** Why it is promoted without (full) analysis. */
  readonly fast?: string;
  readonly step: {
    readonly index: number;
    readonly total: number;
    /** Windows that have passed at this step, where it needs more than one. */
    readonly passed?: number;
    readonly windows?: number;
  };
  readonly weight: {
    readonly set: number;
    readonly mirror?: number;
    readonly matched?: true;
    readonly since: string;
  };
  /** Requests that go to the canary by what they say. */
  readonly match?: readonly RequestMatch[];
  readonly gates?: readonly GateStatus[];
  readonly hooks?: readonly HookStatus[];
  readonly actions?: readonly ActionStatus[];
  readonly history: readonly StepStatus[];
};

/** One step of the plan. */
export type StepView = PlannedStep;

/** The steps of the next run, or of the one that is going on. */
export const stepViews = (spec: CanarySpec): readonly StepView[] => planOf(spec);

/** What `keys` of `from` hold, without those that are absent. */
const present = <From extends object, Key extends keyof From>(from: From, keys: readonly Key[]): Pick<From, Key> => {
  const entries = keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]);
  return Object.fromEntries(entries);
};

export const runView = (spec: CanarySpec, run: RunStatus): RunView => {
  const plan = planOf(spec);
  const windows = plan.find(({ index }) => index === run.step)?.windows ?? 1;
  const match = run.match ?? (run.strategy === 'abTest' ? askedMatches(spec) : undefined);
  return {
    ...present(run, ['outcome', 'cause', 'sentence', 'held', 'paused', 'fast', 'gates', 'hooks', 'actions']),
    id: run.id,
    revision: run.revision,
    strategy: run.strategy,
    startedAt: run.startedAt,
    step: {
      index: run.step,
      total: plan.length,
      ...(windows > 1 ? { passed: run.passed ?? 0, windows } : {}),
    },
    weight: run.weight,
    ...(match === undefined ? {} : { match }),
    history: run.steps,
  };
};
