import type { RunStatus, StepStatus } from '../api/canary-status.ts';
import type { Observed } from './observed.ts';

/**
 * How far it is proven that the traffic has moved: by the plane's word, or, where it gives none, by its counters in a
 * window that has passed: they have seen requests to the canary.
 */
const levelOf = ({ route, metrics }: Observed, hasPassed: boolean): NonNullable<StepStatus['level']> => {
  if (route.acceptance === 'accepted') return route.proof === undefined ? 'accepted' : 'programmed';
  return hasPassed && metrics.some(({ query, dryRun }) => query.kind !== 'text' && !dryRun) ? 'observed' : 'written';
};

/** The run with what is proven of its present step. */
export const withLevel = (observed: Observed, run: RunStatus, hasPassed: boolean): RunStatus => {
  const level = levelOf(observed, hasPassed);
  const last = run.steps.length - 1;
  return { ...run, steps: run.steps.map((step, index) => (index === last ? { ...step, level } : step)) };
};
