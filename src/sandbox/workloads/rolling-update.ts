import { at, stringAt } from '../../lib/json.ts';

/** A ReplicaSet's numbers: how many pods it should have, and how many of them are available. */
export type SetSize = { readonly name: string; readonly replicas: number; readonly available: number };

export type RolloutLimits = { readonly maxSurge: number; readonly maxUnavailable: number };

export type RollingUpdate = {
  readonly wanted: number;
  readonly limits: RolloutLimits;
  readonly fresh: SetSize;
  /** Oldest first. */
  readonly old: readonly SetSize[];
};

const absolute = (value: unknown, { of, round }: { of: number; round: (n: number) => number }): number => {
  if (typeof value === 'number') return value;
  const percent = typeof value === 'string' ? value : '25%';
  if (!/^\d+%$/.test(percent)) throw new RangeError(`Cannot read "${percent}": want a number or a percentage`);
  return round((Number(percent.slice(0, -1)) * of) / 100);
};

/** Surge (rounded up) and unavailability (rounded down) in pods; at least one of them is above zero. */
export const rolloutLimits = (spec: unknown, wanted: number): RolloutLimits => {
  if (stringAt(spec, 'strategy', 'type') === 'Recreate') return { maxSurge: 0, maxUnavailable: wanted };
  const rolling = at(spec, 'strategy', 'rollingUpdate');
  const maxSurge = absolute(at(rolling, 'maxSurge'), { of: wanted, round: Math.ceil });
  const maxUnavailable = absolute(at(rolling, 'maxUnavailable'), { of: wanted, round: Math.floor });
  if (maxSurge === 0 && maxUnavailable === 0) return { maxSurge, maxUnavailable: 1 };
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, wanted) };
};

const freshReplicas = ({ wanted, limits, fresh, old }: RollingUpdate): number => {
  if (fresh.replicas >= wanted) return wanted;
  const total = fresh.replicas + old.reduce((sum, set) => sum + set.replicas, 0);
  return fresh.replicas + Math.max(0, Math.min(wanted + limits.maxSurge - total, wanted - fresh.replicas));
};

/**
 * The next size of every ReplicaSet, by name, as Kubernetes' rolling update steps: the new one grows within
 * maxSurge, the old ones shrink within maxUnavailable, their unavailable pods first.
 */
export const nextSizes = (update: RollingUpdate): ReadonlyMap<string, number> => {
  const { wanted, limits, fresh, old } = update;
  const grown = freshReplicas(update);
  const sizes = new Map([[fresh.name, grown], ...old.map((set): [string, number] => [set.name, set.replicas])]);
  const total = grown + old.reduce((sum, set) => sum + set.replicas, 0);
  const least = wanted - limits.maxUnavailable;
  let removable = total - least - Math.max(0, grown - fresh.available);
  for (const healthy of [false, true]) {
    for (const set of old) {
      const size = sizes.get(set.name) ?? 0;
      const candidates = healthy ? size : Math.max(0, Math.min(size, set.replicas - set.available));
      const removed = Math.max(0, Math.min(candidates, removable));
      sizes.set(set.name, size - removed);
      removable -= removed;
    }
  }
  return sizes;
};
