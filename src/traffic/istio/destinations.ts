import type { Side } from '../../api/names.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, numberAt, recordAt, sameJson, stringAt } from '../../lib/json.ts';
import type { RouteRef } from '../router.ts';
import { sideService } from '../split.ts';
import { suffixOf } from './host.ts';

/** Whose traffic a VirtualService carries, and how its destinations are known. */
export type Sides = {
  readonly ref: RouteRef;
  /** The side whose pods a subset of a host selects, by the labels in its DestinationRule. */
  readonly roleOf: (host: string, subset: string) => Side | undefined;
};

/** What one destination of a route is to us. */
type Meaning =
  | { readonly is: 'apex' }
  /** One side, by its own Service or by a subset; `key` is the same for both destinations of a pair. */
  | { readonly is: Side; readonly key: JsonRecord }
  | { readonly is: 'other' };

const meaningOf = (entry: unknown, { ref, roleOf }: Sides): Meaning => {
  const destination = recordAt(entry, 'destination');
  const host = stringAt(destination, 'host') ?? '';
  const { subset, host: _, ...rest } = destination;
  // A subset that stands for a side is looked at first: Argo Rollouts' users may split the apex host itself.
  const role = typeof subset === 'string' ? roleOf(host, subset) : undefined;
  if (role !== undefined) return { is: role, key: { ...rest, host } };
  if (suffixOf(host, ref) !== undefined) return { is: 'apex' };
  for (const side of ['primary', 'canary'] as const) {
    const suffix = suffixOf(host, { ...ref, service: sideService(ref, side) });
    if (suffix !== undefined) return { is: side, key: { ...rest, subset, suffix } };
  }
  return { is: 'other' };
};

/** Two destinations among which the apex's traffic is divided. */
export type Pair = {
  /** `apex`: they will stand in the apex's place. */
  readonly is: 'apex' | 'sides';
  readonly primary: JsonRecord;
  readonly canary: JsonRecord;
  /** Weight of both together, and that of the canary. */
  readonly weight: number;
  readonly canaryWeight: number;
  /** Where they stand in the route; the canary may not be there yet. */
  readonly at: { readonly primary: number; readonly canary?: number };
};

/** A destination with another Service of Serin's in the place of the one that it names. */
const led = (entry: JsonRecord, { from, to, ref }: { from: string; to: string; ref: RouteRef }): JsonRecord => {
  const destination = recordAt(entry, 'destination');
  const suffix = suffixOf(stringAt(destination, 'host') ?? '', { ...ref, service: from }) ?? '';
  return { ...entry, destination: { ...destination, host: `${to}${suffix}` } };
};

/** The apex's destination led to one side. */
export const toSide = (entry: JsonRecord, ref: RouteRef, side: Side): JsonRecord =>
  led(entry, { from: ref.service, to: sideService(ref, side), ref });

/** The primary's destination led back to the apex. */
export const toApex = (entry: JsonRecord, ref: RouteRef): JsonRecord =>
  led(entry, { from: sideService(ref, 'primary'), to: ref.service, ref });

/** Weight of a destination as Istio takes it: none when it is not written, everything when it stands alone. */
export const weightOf = (entry: unknown, of: number): number => {
  const weight = numberAt(entry, 'weight') ?? 0;
  return of === 1 && weight === 0 ? 100 : weight;
};

/**
 * The pairs of ours in a route: each destination that leads to the apex, and each one to the primary with the canary
 * that belongs to it. A canary on its own is none: somebody has led those requests there.
 */
export const pairsOf = (route: unknown, sides: Sides): readonly Pair[] => {
  const entries = listAt(route, 'route');
  const meanings = entries.map((entry) => meaningOf(entry, sides));
  const taken = new Set<number>();
  return meanings.flatMap((meaning, index): readonly Pair[] => {
    const entry = entries[index];
    if (!isRecord(entry) || meaning.is === 'other' || meaning.is === 'canary') return [];
    const weight = weightOf(entry, entries.length);
    if (meaning.is === 'apex') {
      const primary = toSide(entry, sides.ref, 'primary');
      const canary = toSide(entry, sides.ref, 'canary');
      return [{ is: 'apex', primary, canary, weight, canaryWeight: 0, at: { primary: index } }];
    }
    const partner = meanings.findIndex(
      (other, at) => !taken.has(at) && other.is === 'canary' && sameJson(other.key, meaning.key),
    );
    const canary = entries[partner];
    if (isRecord(canary)) {
      taken.add(partner);
      const canaryWeight = weightOf(canary, entries.length);
      const at = { primary: index, canary: partner };
      return [{ is: 'sides', primary: entry, canary, weight: weight + canaryWeight, canaryWeight, at }];
    }
    // A subset tells nothing of the canary's: it must be there.
    if (meaning.key['host'] !== undefined) return [];
    const beside = toSide(toApex(entry, sides.ref), sides.ref, 'canary');
    return [{ is: 'sides', primary: entry, canary: beside, weight, canaryWeight: 0, at: { primary: index } }];
  });
};
