import type { CanarySpec } from '../api/canary.ts';
import { durationMs } from '../api/duration.ts';

/** Weights of the run in percent, ascending. `stepWeights` as they are, else multiples of `stepWeight` up to `maxWeight`. */
export const stepsOf = ({ analysis }: CanarySpec): readonly number[] => {
  if (analysis.stepWeights !== undefined) return analysis.stepWeights;
  const { maxWeight, stepWeight = maxWeight } = analysis;
  return Array.from({ length: Math.ceil(maxWeight / stepWeight) }, (_, index) =>
    Math.min((index + 1) * stepWeight, maxWeight),
  );
};

/** One weight of the plan; `index` counts from 1. */
export type PlannedStep = { readonly index: number; readonly weight: number };

/**
 * The next configured weight above `weight`; undefined at the last one. Found by weight and not by number, so that
 * editing the steps in the middle of a run never skips one.
 */
export const nextStep = (spec: CanarySpec, weight: number): PlannedStep | undefined => {
  const steps = stepsOf(spec);
  const index = steps.findIndex((step) => step > weight);
  const next = steps[index];
  return next === undefined ? undefined : { index: index + 1, weight: next };
};

/** Length of one window, ms. */
export const intervalMs = (spec: CanarySpec): number => durationMs(spec.analysis.interval);

/** Longest wait for readiness or for the plane, ms. */
export const deadlineMs = (spec: CanarySpec): number => spec.progressDeadlineSeconds * 1000;

/** Pods that the canary needs to carry `weight` percent of what the primary carries with `primaryReplicas`. */
export const canaryReplicas = (spec: CanarySpec, weight: number, primaryReplicas: number): number => {
  const share = spec.canaryReplicas === 'full' ? 1 : weight / 100;
  return Math.max(spec.canaryMinReplicas, Math.ceil(share * primaryReplicas), 1);
};
