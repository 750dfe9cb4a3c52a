import type { Side } from '../../api/names.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, numberAt, recordAt, stringAt } from '../../lib/json.ts';
import type { RouteRef } from '../router.ts';
import { sideService } from '../split.ts';
import { withoutCookie } from './backend-cookie.ts';

const SIDES: readonly Side[] = ['primary', 'canary'];

/** Largest weight that the API takes. */
const MAX_WEIGHT = 1_000_000;

/** What one backendRef of a rule is to us. */
type Entry =
  /** Not ours: kept as it is. */
  | { readonly kind: 'other'; readonly ref: unknown }
  /** The apex, or the two sides that stand in its place; `ref` is the apex's form, its weight that of both. */
  | { readonly kind: 'apex'; readonly ref: JsonRecord; readonly weight: number; readonly canary: number };

/** Weight of a backendRef; 1 when it is not written, as the API has it. */
const weightOf = (ref: unknown): number => numberAt(ref, 'weight') ?? 1;

const isService = (ref: unknown, named: { readonly name: string; readonly namespace: string }): ref is JsonRecord =>
  isRecord(ref) &&
  ref['name'] === named.name &&
  (stringAt(ref, 'kind') ?? 'Service') === 'Service' &&
  (stringAt(ref, 'group') ?? '') === '' &&
  (stringAt(ref, 'namespace') ?? named.namespace) === named.namespace;

/** Reads the backendRefs of a rule. A canary belongs to the primary of the same port right before it. */
const readEntries = (rule: unknown, ref: RouteRef): readonly Entry[] => {
  const { namespace, service } = ref;
  const entries: Entry[] = [];
  let open: Extract<Entry, { kind: 'apex' }> | undefined;
  for (const backend of listAt(rule, 'backendRefs')) {
    if (isService(backend, { namespace, name: sideService(ref, 'canary') })) {
      const weight = weightOf(backend);
      const pair = open?.ref['port'] === backend['port'] ? open : undefined;
      if (pair !== undefined) entries.pop();
      const apex = pair?.ref ?? { ...withoutCookie(backend), name: service };
      entries.push({ kind: 'apex', ref: apex, weight: (pair?.weight ?? 0) + weight, canary: weight });
      open = undefined;
    } else if (isService(backend, { namespace, name: sideService(ref, 'primary') })) {
      open = { kind: 'apex', ref: { ...withoutCookie(backend), name: service }, weight: weightOf(backend), canary: 0 };
      entries.push(open);
    } else if (isService(backend, { namespace, name: service })) {
      entries.push({ kind: 'apex', ref: backend, weight: weightOf(backend), canary: 0 });
      open = undefined;
    } else {
      entries.push({ kind: 'other', ref: backend });
      open = undefined;
    }
  }
  return entries;
};

/** Clients hold on to a backend: weight 0 would not move them, only taking the backend away does. */
export const isSticky = (rule: unknown): boolean => isRecord(rule) && isRecord(rule['sessionPersistence']);

/** True when the rule leads to the apex, or to the sides in its place. */
export const isOurs = (rule: unknown, ref: RouteRef): boolean =>
  readEntries(rule, ref).some((entry) => entry.kind === 'apex');

/** True when a side stands in the rule: it has been adopted. */
export const isAdopted = (rule: unknown, ref: RouteRef): boolean =>
  listAt(rule, 'backendRefs').some((backend) => sideOf(backend, ref) !== undefined);

/** The side that a backendRef leads to. */
export const sideOf = (backend: unknown, ref: RouteRef): Side | undefined =>
  SIDES.find((side) => isService(backend, { namespace: ref.namespace, name: sideService(ref, side) }));

const isCanary = (backend: unknown, ref: RouteRef): boolean => sideOf(backend, ref) === 'canary';

/** True when the rule leads to the canary and to nothing else, which no split writes: its requests are pinned. */
export const isCanaryAlone = (rule: unknown, ref: RouteRef): boolean => {
  const backends = listAt(rule, 'backendRefs');
  return backends.length > 0 && backends.every((backend) => isCanary(backend, ref));
};

/** The backends of a rule of ours with the canary in the place of everything. */
export const canaryAlone = (rule: JsonRecord, ref: RouteRef): readonly JsonRecord[] =>
  readEntries(rule, ref).flatMap((entry) =>
    entry.kind === 'other' || entry.weight === 0
      ? []
      : [{ ...entry.ref, name: sideService(ref, 'canary'), weight: entry.weight }],
  );

/** A filter that copies `percent` of the requests of a rule of ours to the canary, by the port that the rule uses. */
export const mirrorFilter = (
  rule: JsonRecord,
  { ref, percent }: { readonly ref: RouteRef; readonly percent: number },
): JsonRecord => {
  const apex = readEntries(rule, ref).find((entry) => entry.kind === 'apex');
  const { port, namespace } = apex?.ref ?? {};
  const backendRef = {
    group: '',
    kind: 'Service',
    ...(namespace === undefined ? {} : { namespace }),
    name: sideService(ref, 'canary'),
    port,
  };
  // Without a percentage all of them are meant: so it is written, for planes that know no other.
  return { type: 'RequestMirror', requestMirror: { backendRef, ...(percent === 100 ? {} : { percent }) } };
};

/** Percent of the requests of a rule that are copied to the canary; undefined when none are. */
export const mirrorPercentOf = (rule: unknown, ref: RouteRef): number | undefined => {
  const mirrors = listAt(rule, 'filters').map((filter) => recordAt(filter, 'requestMirror'));
  const ours = mirrors.find((mirror) => isCanary(mirror['backendRef'], ref));
  return ours === undefined ? undefined : (numberAt(ours, 'percent') ?? 100);
};

/** Percent of the apex's traffic in this rule that goes to the canary; undefined when none of it goes anywhere. */
export const canaryPercentOf = (rule: unknown, ref: RouteRef): number | undefined => {
  const ours = readEntries(rule, ref).filter((entry) => entry.kind === 'apex');
  const total = ours.reduce((sum, entry) => sum + entry.weight, 0);
  const canary = ours.reduce((sum, entry) => sum + entry.canary, 0);
  return total === 0 ? undefined : (canary * 100) / total;
};

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/**
 * The factor by which every weight of the rule grows, so that such parts of the apex's can be written: 1 when they can
 * already. Bounded by the largest weight that the API takes; then the canary's is rounded down.
 */
const factorFor = (entries: readonly Entry[], parts: number): number => {
  const ours = entries.filter((entry) => entry.kind === 'apex').map((entry) => entry.weight);
  const factor = parts / ours.reduce(greatestCommonDivisor, parts);
  const largest = Math.max(1, ...entries.map((entry) => (entry.kind === 'apex' ? entry.weight : weightOf(entry.ref))));
  return Math.max(1, Math.min(factor, Math.floor(MAX_WEIGHT / largest)));
};

/**
 * The rule with `percent` of the apex's traffic going to the canary: the sides stand where the apex stood. The shares
 * of other backends, their order and everything else are kept.
 */
export const withCanaryPercent = (
  rule: JsonRecord,
  { ref, percent }: { ref: RouteRef; percent: number },
): JsonRecord => {
  const entries = readEntries(rule, ref);
  if (!entries.some((entry) => entry.kind === 'apex')) return rule;
  // Whole percents as far as they will do; else hundredths of them.
  const [share, parts] = Number.isInteger(percent) ? [percent, 100] : [Math.round(percent * 100), 10_000];
  const factor = factorFor(entries, parts);
  const backendRefs = entries.flatMap((entry): readonly unknown[] => {
    if (entry.kind === 'other') {
      if (factor === 1 || !isRecord(entry.ref)) return [entry.ref];
      return [{ ...entry.ref, weight: weightOf(entry.ref) * factor }];
    }
    const total = entry.weight * factor;
    const canary = Math.floor((total * share) / parts);
    const primary = { ...entry.ref, name: sideService(ref, 'primary'), weight: total - canary };
    if (canary === 0 && isSticky(rule)) return [primary];
    return [primary, { ...entry.ref, name: sideService(ref, 'canary'), weight: canary }];
  });
  return { ...rule, backendRefs };
};

/** The rule with the apex back in the place of its sides; weights stay as they are. */
export const withApex = (rule: JsonRecord, ref: RouteRef): JsonRecord => ({
  ...rule,
  backendRefs: readEntries(rule, ref).map((entry) =>
    entry.kind === 'other' ? entry.ref : { ...entry.ref, weight: entry.weight },
  ),
});
