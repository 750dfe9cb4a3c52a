import { listAt, numberAt, stringAt } from '../../../lib/json.ts';
import type { KubeObject } from '../../../lib/kube-object.ts';

/** How far Kubernetes looks back before it scales down, unless an autoscaler says otherwise. */
const DOWN_SECONDS = 300;

/** A number of replicas that was wanted, or a change that was made, and when. */
export type Past = { readonly at: number; readonly replicas: number };

export type Step = {
  readonly autoscaler: KubeObject;
  readonly now: number;
  readonly current: number;
  /** What the metrics ask for. */
  readonly asked: number;
  /** What they have asked for before, oldest first. */
  readonly recommended: readonly Past[];
  /** By how much it was scaled before: positive up, negative down. */
  readonly changes: readonly Past[];
};

const within = (past: readonly Past[], { now, seconds }: { now: number; seconds: number }): readonly number[] =>
  past.filter(({ at }) => at > now - seconds * 1000).map(({ replicas }) => replicas);

/** Not below what was asked for lately, and not above where scaling up waits too. */
const stabilized = ({ autoscaler, now, current, asked, recommended }: Step): number => {
  const secondsOf = (way: string): number | undefined =>
    numberAt(autoscaler, 'spec', 'behavior', way, 'stabilizationWindowSeconds');
  const lately = (seconds: number): readonly number[] => [asked, ...within(recommended, { now, seconds })];
  const lowest = Math.max(...lately(secondsOf('scaleDown') ?? DOWN_SECONDS));
  const highest = Math.min(...lately(secondsOf('scaleUp') ?? 0));
  return asked > current ? Math.max(current, highest) : Math.min(current, lowest);
};

/** How many replicas one policy lets there be, by what was changed within its period. */
const limitOf = (policy: unknown, { way, current, changes, now }: Step & { way: 'scaleUp' | 'scaleDown' }): number => {
  const seconds = numberAt(policy, 'periodSeconds') ?? 15;
  const value = numberAt(policy, 'value') ?? 0;
  const sign = way === 'scaleUp' ? 1 : -1;
  const changed = within(changes, { now, seconds }).filter((delta) => delta * sign > 0);
  const begun = current - changed.reduce((sum, delta) => sum + delta, 0);
  if (stringAt(policy, 'type') === 'Pods') return begun + sign * value;
  return way === 'scaleUp' ? Math.ceil(begun * (1 + value / 100)) : Math.floor(begun * (1 - value / 100));
};

/** As many replicas as the behaviour of a HorizontalPodAutoscaler lets it ask for now. */
export const limited = (step: Step): number => {
  const wanted = stabilized(step);
  const { autoscaler, current } = step;
  if (wanted === current) return current;
  const way = wanted > current ? 'scaleUp' : 'scaleDown';
  const select = stringAt(autoscaler, 'spec', 'behavior', way, 'selectPolicy') ?? 'Max';
  if (select === 'Disabled') return current;
  const policies = listAt(autoscaler, 'spec', 'behavior', way, 'policies');
  const limits = policies.map((policy) => limitOf(policy, { ...step, way }));
  if (limits.length === 0) return way === 'scaleUp' ? Math.min(wanted, Math.max(4, 2 * current)) : wanted;
  const most = way === 'scaleUp' ? (select === 'Max' ? Math.max : Math.min) : select === 'Max' ? Math.min : Math.max;
  const limit = most(...limits);
  return way === 'scaleUp' ? Math.max(current, Math.min(wanted, limit)) : Math.min(current, Math.max(wanted, limit));
};
