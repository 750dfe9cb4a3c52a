import type { CanarySpec } from '../api/canary.ts';
import type { RunStatus } from '../api/canary-status.ts';
import { durationMs } from '../api/duration.ts';
import { strategyOf } from '../api/strategy.ts';
import type { Strategy } from '../api/words.ts';
import { assertNever } from '../lib/assert-never.ts';
import { ramp } from './ramp.ts';

/** One step of the plan. */
export type PlannedStep = {
  /** From 1. */
  readonly index: number;
  /** Percent of the default requests. */
  readonly weight: number;
  /** Percent of them that are mirrored. */
  readonly mirror?: number;
  /** The requests that the Canary matches go to the canary. */
  readonly matched?: true;
  /** Windows that have to pass before the next step. */
  readonly windows: number;
};

type Step = Omit<PlannedStep, 'index'>;

/** Weights of a canary run in percent, ascending: `stepWeights`, multiples of `stepWeight` up to `maxWeight`, or adaptive. */
const weightsOf = ({ analysis }: CanarySpec): readonly number[] => {
  const { maxWeight, stepWeight, stepWeights } = analysis;
  if (stepWeights !== undefined) return stepWeights;
  if (stepWeight === undefined) return ramp(maxWeight);
  return Array.from({ length: Math.ceil(maxWeight / stepWeight) }, (_, index) =>
    Math.min((index + 1) * stepWeight, maxWeight),
  );
};

const stepsOf = (spec: CanarySpec, strategy: Strategy): readonly Step[] => {
  const { iterations = 0, mirror, mirrorWeight = 100 } = spec.analysis;
  const mirrored = mirror === true && mirrorWeight > 0 ? { mirror: mirrorWeight } : {};
  switch (strategy) {
    case 'canary': {
      const first: readonly Step[] = 'mirror' in mirrored ? [{ weight: 0, ...mirrored, windows: 1 }] : [];
      return [...first, ...weightsOf(spec).map((weight) => ({ weight, windows: 1 }))];
    }
    case 'blueGreen':
      return [
        { weight: 0, ...mirrored, windows: iterations },
        { weight: 100, windows: 1 },
      ];
    case 'abTest':
      return [{ weight: 0, matched: true, windows: iterations }];
    default:
      return assertNever(strategy, 'strategy');
  }
};

/** The steps of a run of this spec, in order; at least one. */
export const planOf = (spec: CanarySpec): readonly PlannedStep[] =>
  stepsOf(spec, strategyOf(spec)).map((step, index) => ({ index: index + 1, ...step }));

/** Where a run is in its plan. */
export type At = Pick<RunStatus, 'step'> & { readonly weight: Pick<RunStatus['weight'], 'set'> };

/** Before the first step. */
export const BEFORE: At = { step: 0, weight: { set: 0 } };

/**
 * The step after the one where a run is; undefined at the last one. Found by weight and not by number, so that editing
 * the steps in the middle of a run never skips one.
 */
export const nextStep = (spec: CanarySpec, at: At): PlannedStep | undefined => {
  const plan = planOf(spec);
  return at.step === 0 ? plan[0] : plan.find(({ weight }) => weight > at.weight.set);
};

/** Windows that have to pass where the run is. */
export const windowsNeeded = (spec: CanarySpec, { weight }: At): number =>
  weight.set > 0 ? 1 : (planOf(spec).find((step) => step.weight === 0)?.windows ?? 1);

/** Percent of the users' load that a step brings to the canary; matched requests may be all of them. */
export const loadOf = ({ weight, mirror = 0, matched }: Pick<PlannedStep, 'weight' | 'mirror' | 'matched'>): number =>
  matched === true ? 100 : Math.max(weight, mirror);

/** Length of one window, ms. */
export const intervalMs = (spec: CanarySpec): number => durationMs(spec.analysis.interval);

/** Longest wait for readiness or for the plane, ms. */
export const deadlineMs = (spec: CanarySpec): number => spec.progressDeadlineSeconds * 1000;

/** Pods that the canary needs to carry `load` percent of what the primary carries with `primaryReplicas`. */
export const canaryReplicas = (spec: CanarySpec, load: number, primaryReplicas: number): number => {
  const share = spec.canaryReplicas === 'full' ? 1 : load / 100;
  return Math.max(spec.canaryMinReplicas, Math.ceil(share * primaryReplicas), 1);
};
