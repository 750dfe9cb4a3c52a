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

/**
 * The next window to be judged at the weight that stands since `settled`: one interval long, never reaching back
 * before the traffic had settled, and not before one metric is past its initial delay. Times that lie in the future
 * were written before the clock was set back: they make nothing wait.
 */
export const measureEffect = (
  observed: Observed,
  run: RunStatus,
  { settled, now }: { readonly settled: number; readonly now: number },
): MeasureEffect => {
  const interval = intervalMs(observed.canary.spec);
  const judged = run.windowEnd === undefined ? settled : timeMs(run.windowEnd);
  const previous = judged > now ? settled : judged;
  const begun = Math.min(firstWeightAt(run), settled);
  const dueFrom = (check: MetricCheck): number => begun + check.initialDelayMs;
  const due = observed.metrics.length === 0 ? 0 : Math.min(...observed.metrics.map(dueFrom));
  const to = Math.max(settled + interval, previous + interval, due);
  return {
    kind: 'measure',
    key: `${measureKey(run)}${to}`,
    window: { from: Math.max(settled, to - interval), to },
    checks: observed.metrics.filter((check) => dueFrom(check) <= to),
  };
};

/** What the keys of all windows of the run's present step begin with. */
export const measureKey = (run: RunStatus): string => `measure/${run.id}/${run.step}/`;
