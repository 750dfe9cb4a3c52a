import type { RunStatus } from '../api/canary-status.ts';
import type { MeasureEffect } from './effect.ts';
import { SETTLE_MS } from './limits.ts';
import type { MetricCheck } from './metric-check.ts';
import type { Observed, RouteView } from './observed.ts';
import { intervalMs } from './plan.ts';
import { timeMs } from './time.ts';

/** From when on the traffic counts as split by `weight`, ms; undefined while the plane has not taken it. */
export const settledAt = (route: RouteView, weight: number): number | undefined => {
  if (route.canaryWeight !== weight) return undefined;
  return route.acceptance === 'accepted' || route.acceptance === 'unknown' ? route.since + SETTLE_MS : undefined;
};

/** Since when the canary has had traffic in this run, ms. */
const firstWeightAt = (run: RunStatus): number => timeMs(run.steps[0]?.from ?? run.weight.since);

const dueFrom = (run: RunStatus, check: MetricCheck): number => firstWeightAt(run) + check.initialDelayMs;

/**
 * The next window to be judged at the weight that stands since `settled`: one interval long, never reaching back
 * before the traffic had settled, and not before one metric is past its initial delay.
 */
export const measureEffect = (observed: Observed, run: RunStatus, settled: number): MeasureEffect => {
  const interval = intervalMs(observed.canary.spec);
  const previous = run.windowEnd === undefined ? settled : timeMs(run.windowEnd);
  const due = observed.metrics.length === 0 ? 0 : Math.min(...observed.metrics.map((check) => dueFrom(run, check)));
  const to = Math.max(settled + interval, previous + interval, due);
  return {
    kind: 'measure',
    key: `${measureKey(run)}${to}`,
    window: { from: Math.max(settled, to - interval), to },
    checks: observed.metrics.filter((check) => dueFrom(run, check) <= to),
  };
};

/** What the keys of all windows of the run's present step begin with. */
export const measureKey = (run: RunStatus): string => `measure/${run.id}/${run.step}/`;
