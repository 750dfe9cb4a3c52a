import type { JsonRecord } from '../../lib/json.ts';
import { canonicalJson, isRecord, listAt, sameJson } from '../../lib/json.ts';
import type { Affinity } from '../../rollout/exposure.ts';
import type { RequestMatch } from '../../rollout/request-match.ts';
import type { RouteRef, TrafficIntent } from '../router.ts';
import { affinityOf, affinityRules, isKept } from './affinity-rules.ts';
import { copies } from './copies.ts';
import { conditionsBeyond, narrowed } from './narrowed-match.ts';
import { matchesOf, overtakes } from './precedence.ts';
import { canaryAlone, canaryPercentOf, isCanaryAlone, mirrorFilter, mirrorPercentOf } from './rule.ts';

/** What becomes of requests beside the split. */
export type Extras = { readonly [Field in 'pinned' | 'mirror' | 'affinity']?: TrafficIntent[Field] | undefined };

/** Methods of requests that may be sent twice. */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** True for a rule that Serin has added: it leads pinned requests to the canary, copies requests to it, or keeps clients. */
const isExtra = (rule: unknown, ref: RouteRef): boolean =>
  isCanaryAlone(rule, ref) || mirrorPercentOf(rule, ref) !== undefined || isKept(rule, ref);

/** The rules as they would be without what Serin has added. */
export const withoutExtras = (rules: readonly unknown[], ref: RouteRef): readonly unknown[] =>
  rules.filter((rule) => !isExtra(rule, ref));

/** The rules that divide requests by the weights. */
export const weightedRules = (rules: readonly unknown[], ref: RouteRef): readonly unknown[] =>
  rules.filter((rule) => !isCanaryAlone(rule, ref) && !isKept(rule, ref));

/** True when a rule of ours gets requests at all. */
const isBase = (rule: unknown, ref: RouteRef): rule is JsonRecord =>
  isRecord(rule) && canaryPercentOf(rule, ref) !== undefined;

/** The extras that stand in a route. */
export const extrasOf = (
  rules: readonly unknown[],
  ref: RouteRef,
): Pick<TrafficIntent, 'pinned' | 'mirror' | 'affinity'> => {
  const bases = rules.filter((rule) => isBase(rule, ref) && !isExtra(rule, ref)).flatMap(matchesOf);
  const found = new Map<string, RequestMatch>();
  for (const match of rules.filter((rule) => isCanaryAlone(rule, ref)).flatMap(matchesOf)) {
    // What narrows a narrow match narrows a wider one, too: it was made of the narrowest that fits, or is nobody's.
    const anybody = { ...match, headers: [], queryParams: [] };
    const [conditions = []] = [...bases, anybody]
      .flatMap((base) => [conditionsBeyond(match, base) ?? []].filter(({ length }) => length > 0))
      .sort((a, b) => a.length - b.length);
    found.set(canonicalJson(conditions), conditions);
  }
  const mirrors = rules.flatMap((rule) => mirrorPercentOf(rule, ref) ?? []);
  const affinity = affinityOf(rules, ref);
  return {
    ...(affinity === undefined ? {} : { affinity }),
    ...(found.size === 0 ? {} : { pinned: [...found.values()] }),
    ...(mirrors.length === 0 ? {} : { mirror: Math.max(...mirrors) }),
  };
};

const bySafeMethod = (match: JsonRecord): readonly JsonRecord[] =>
  match['method'] === undefined ? SAFE_METHODS.map((method) => ({ ...match, method })) : [];

/** For each alternative, rules that lead it to the canary alone. They follow the method where copies are made by it. */
const pinnedRules = (
  base: JsonRecord,
  { ref, pinned = [], mirror }: Extras & { readonly ref: RouteRef },
): readonly JsonRecord[] =>
  pinned.flatMap((conditions) => {
    const matches = matchesOf(base)
      .map((match) => narrowed(match, conditions))
      .filter((match) => match !== undefined);
    const all = mirror === undefined ? matches : matches.flatMap((match) => [match, ...bySafeMethod(match)]);
    return copies(base, { matches: all, fields: { backendRefs: canaryAlone(base, ref) } });
  });

const mirrorRules = (
  base: JsonRecord,
  {
    matches,
    ref,
    mirror,
  }: { readonly matches: readonly JsonRecord[]; readonly ref: RouteRef; readonly mirror: number },
): readonly JsonRecord[] => {
  const filters = [...listAt(base, 'filters'), mirrorFilter(base, { ref, percent: mirror })];
  return copies(base, { matches, fields: { filters } });
};

/** The rules with cookies, and at their end those for the clients that hold one. */
const withAffinity = (
  rules: readonly unknown[],
  { ref, affinity }: { readonly ref: RouteRef; readonly affinity: Affinity },
): { readonly rules: readonly unknown[]; readonly added: readonly JsonRecord[] } => {
  const added: JsonRecord[] = [];
  const given = rules.map((rule) => {
    if (!isBase(rule, ref)) return rule;
    const { base, kept } = affinityRules(rule, { ref, affinity });
    added.push(...kept);
    return base;
  });
  const written = [...given, ...added];
  if (!sameJson(affinityOf(written, ref), affinity)) {
    throw new RangeError(
      `Cannot write the route: its weights are too large for a share of ${affinity.redraw?.canaryWeight} %; want weights up to 100`,
    );
  }
  return { rules: written, added };
};

/**
 * The rules with those that pin and mirror requests, or keep clients. What is narrower than a rule of ours stands at the end of the
 * route, so that rules of others win where both are equally specific. Where a rule of ours tells safe methods already,
 * its copy is no narrower, and goes right before it.
 */
export const withExtras = (
  rules: readonly unknown[],
  { ref, pinned, mirror, affinity }: Extras & { readonly ref: RouteRef },
): { readonly rules: readonly unknown[]; readonly added: readonly JsonRecord[] } => {
  if (affinity !== undefined) return withAffinity(rules, { ref, affinity });
  const added = rules
    .filter((rule) => isBase(rule, ref))
    .flatMap((base): readonly JsonRecord[] => {
      const matches = matchesOf(base).flatMap(bySafeMethod);
      const copied = mirror === undefined ? [] : mirrorRules(base, { matches, ref, mirror });
      return [...pinnedRules(base, { ref, pinned, mirror }), ...copied];
    });
  const inPlace = rules.flatMap((rule) => {
    if (mirror === undefined || !isBase(rule, ref)) return [rule];
    const matches = matchesOf(rule).filter(({ method }) => typeof method === 'string' && SAFE_METHODS.includes(method));
    return [...mirrorRules(rule, { matches, ref, mirror }), rule];
  });
  return { rules: [...inPlace, ...added], added };
};

/** Throws a RangeError when an added rule would take requests that a rule of somebody else has got so far. */
export const assertTakesNothing = (
  rules: readonly unknown[],
  { ref, added }: { readonly ref: RouteRef; readonly added: readonly JsonRecord[] },
): void => {
  const ours = rules.flatMap((rule, index) =>
    isBase(rule, ref) ? matchesOf(rule).map((match) => ({ match, index })) : [],
  );
  for (const [position, other] of rules.entries()) {
    if (isBase(other, ref)) continue;
    const loses = added.flatMap(matchesOf).some((narrower) => {
      const holders = ours
        .filter(({ match }) => conditionsBeyond(narrower, match) !== undefined)
        .map(({ match, index }) => ({ match, isBehind: position < index }));
      return matchesOf(other).some((theirs) => overtakes(narrower, { other: theirs, holders }));
    });
    if (!loses) continue;
    throw new RangeError(
      `Cannot write the route: its rule ${position + 1} leads elsewhere and would lose requests of the same path to what is pinned, mirrored or kept; want weights alone, or that rule to tell its requests by path`,
    );
  }
};
