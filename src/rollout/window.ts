import type { RunStatus } from '../api/canary-status.ts';
import { providerOf } from '../api/provider.ts';
import type { MeasureEffect } from './effect.ts';
import { exposes, isExposed } from './exposing.ts';
import type { Exposure } from './exposure.ts';
import { SETTLE_MS } from './limits.ts';
import type { MetricCheck } from './metric-check.ts';
import type { Observed, RouteView } from './observed.ts';
import { intervalMs } from './plan.ts';
import { timeMs } from './time.ts';

/** From when on the traffic counts as led by `exposure`, ms; undefined while the plane has not taken it. */
export const settledAt = (route: RouteView, exposure: Exposure): number | undefined => {
  if (!exposes(route, exposure)) return undefined;
  return route.acceptance === 'accepted' || route.acceptance === 'unknown' ? route.since + SETTLE_MS : undefined;
};

/**
 * A built-in metric counts what the data plane has led to the canary: at a step that leads nothing there it has nothing
 * to tell. In Istio's mesh every caller counts, also one that calls the canary's Service by itself.
 */
const canTell = ({ canary }: Observed, { weight }: RunStatus, { query }: MetricCheck): boolean =>
  query.kind === 'text' || isExposed(weight) || providerOf(canary.spec) === 'istio';

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
  const asked = timeMs(run.weight.since);
  // However long the route has stood so: what came before this run asked for it was not this run's.
  const from = asked > now ? settled : Math.max(settled, asked);
  const judged = run.windowEnd === undefined ? from : timeMs(run.windowEnd);
  const previous = judged > now ? from : judged;
  const begun = Math.min(firstWeightAt(run), from);
  const dueFrom = (check: MetricCheck): number => begun + check.initialDelayMs;
  const able = observed.metrics.filter((check) => canTell(observed, run, check));
  const due = able.length === 0 ? 0 : Math.min(...able.map(dueFrom));
  const to = Math.max(from + interval, previous + interval, due);
  return {
    kind: 'measure',
    key: `${measureKey(run)}${to}`,
    window: { from: Math.max(from, to - interval), to },
    checks: able.filter((check) => dueFrom(check) <= to),
  };
};

/** What the keys of all windows of the run's present step begin with. */
export const measureKey = (run: RunStatus): string => `measure/${run.id}/${run.step}/`;
