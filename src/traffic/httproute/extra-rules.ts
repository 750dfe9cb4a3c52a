import type { JsonRecord } from '../../lib/json.ts';
import { canonicalJson, isRecord, listAt, stringAt } from '../../lib/json.ts';
import type { RequestMatch } from '../../rollout/request-match.ts';
import type { RouteRef, TrafficIntent } from '../router.ts';
import { conditionsBeyond, narrowed } from './narrowed-match.ts';
import { matchesOf, overtakes } from './precedence.ts';
import { canaryAlone, canaryPercentOf, isCanaryAlone, mirrorFilter, mirrorPercentOf } from './rule.ts';

/** What becomes of requests beside the split. */
export type Extras = { readonly [Field in 'pinned' | 'mirror']?: TrafficIntent[Field] | undefined };

/** Methods of requests that may be sent twice. */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** True for a rule that Serin has added: it leads pinned requests to the canary, or copies requests to it. */
const isExtra = (rule: unknown, ref: RouteRef): boolean =>
  isCanaryAlone(rule, ref) || mirrorPercentOf(rule, ref) !== undefined;

/** The rules as they would be without what Serin has added. */
export const withoutExtras = (rules: readonly unknown[], ref: RouteRef): readonly unknown[] =>
  rules.filter((rule) => !isExtra(rule, ref));

/** True when a rule of ours gets requests at all. */
const isBase = (rule: unknown, ref: RouteRef): rule is JsonRecord =>
  isRecord(rule) && canaryPercentOf(rule, ref) !== undefined;

/** The extras that stand in a route. */
export const extrasOf = (rules: readonly unknown[], ref: RouteRef): Pick<TrafficIntent, 'pinned' | 'mirror'> => {
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
  return {
    ...(found.size === 0 ? {} : { pinned: [...found.values()] }),
    ...(mirrors.length === 0 ? {} : { mirror: Math.max(...mirrors) }),
  };
};

/** True where the API takes one match in a rule only, because a filter replaces the prefix that has matched. */
const replacesPrefix = (rule: JsonRecord): boolean =>
  [rule, ...listAt(rule, 'backendRefs')]
    .flatMap((holder) => listAt(holder, 'filters'))
    .some((filter) => stringAt(filter, 'urlRewrite', 'path', 'type') === 'ReplacePrefixMatch');

/** Copies of a rule for these matches. The name goes: it must be the only one of the route. */
const copies = (
  base: JsonRecord,
  { matches, fields }: { readonly matches: readonly JsonRecord[]; readonly fields: JsonRecord },
): readonly JsonRecord[] => {
  const { name: _, ...rule } = base;
  const parts = replacesPrefix(rule) ? matches.map((match) => [match]) : [matches];
  return parts.filter((part) => part.length > 0).map((part) => ({ ...rule, matches: part, ...fields }));
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

/**
 * The rules with those that pin and mirror requests. What is narrower than a rule of ours stands at the end of the
 * route, so that rules of others win where both are equally specific. Where a rule of ours tells safe methods already,
 * its copy is no narrower, and goes right before it.
 */
export const withExtras = (
  rules: readonly unknown[],
  { ref, pinned, mirror }: Extras & { readonly ref: RouteRef },
): { readonly rules: readonly unknown[]; readonly added: readonly JsonRecord[] } => {
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
      `Cannot write the route: its rule ${position + 1} leads elsewhere and would lose requests of the same path to what is pinned or mirrored; want weights alone, or that rule to tell its requests by path`,
    );
  }
};
