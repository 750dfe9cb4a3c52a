import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt } from '../../lib/json.ts';
import type { Affinity, Cookie } from '../../rollout/exposure.ts';
import { affinityFrom, waysOf } from '../affinity-ways.ts';
import type { RouteRef } from '../router.ts';
import { isOfRun, setCookie } from '../set-cookie.ts';
import { cookieSetBy, touchSetCookie, withCookie } from './backend-cookie.ts';
import { conditionOf } from './condition-entry.ts';
import { copies } from './copies.ts';
import { narrowed } from './narrowed-match.ts';
import { matchesOf } from './precedence.ts';
import { canaryPercentOf, sideOf, withCanaryPercent } from './rule.ts';

/** The cookie of a run by which a match knows clients. */
const heldBy = (match: unknown): Cookie | undefined =>
  listAt(match, 'headers')
    .map((entry) => conditionOf('headers', entry))
    .find((condition) => condition.on === 'cookie' && condition.op === 'exact' && isOfRun(condition));

const setBy = (rule: unknown, { ref, side }: { readonly ref: RouteRef; readonly side: 'primary' | 'canary' }) =>
  listAt(rule, 'backendRefs')
    .filter((backend) => sideOf(backend, ref) === side)
    .map(cookieSetBy)
    .find((cookie) => cookie !== undefined);

/** True for a rule that Serin has added for clients that hold a cookie of a run. */
export const isKept = (rule: unknown, ref: RouteRef): boolean =>
  listAt(rule, 'matches').length > 0 &&
  listAt(rule, 'matches').every((match) => heldBy(match) !== undefined) &&
  (setBy(rule, { ref, side: 'primary' }) ?? setBy(rule, { ref, side: 'canary' })) !== undefined;

/** A rule of ours whose sides give their clients a cookie. */
const withCookies = (rule: JsonRecord, { ref, affinity }: { ref: RouteRef; affinity: Affinity }): JsonRecord => ({
  ...rule,
  backendRefs: listAt(rule, 'backendRefs').map((backend) => {
    const side = sideOf(backend, ref);
    if (side === undefined || !isRecord(backend)) return backend;
    return withCookie(backend, setCookie(affinity[side], affinity.attributes));
  }),
});

/** Throws a RangeError where something else changes the header by which clients are kept. */
const assertKeepable = (rule: JsonRecord, ref: RouteRef): void => {
  const ours = listAt(rule, 'backendRefs').filter((backend) => sideOf(backend, ref) !== undefined);
  if (![rule, ...ours].some((holder) => touchSetCookie(listAt(holder, 'filters')))) return;
  throw new RangeError(
    'Cannot write the route: a filter of it changes Set-Cookie, by which clients are kept; want that filter away',
  );
};

/**
 * A rule of ours with cookies, and the rules that lead their holders: the canary's to the canary, the primary's to the
 * primary, those of the step before by a split of their own. Shares of other backends stay. Who holds several is the
 * canary's: of rules that are equally specific the first wins.
 */
export const affinityRules = (
  base: JsonRecord,
  { ref, affinity }: { readonly ref: RouteRef; readonly affinity: Affinity },
): { readonly base: JsonRecord; readonly kept: readonly JsonRecord[] } => {
  assertKeepable(base, ref);
  const kept = waysOf(affinity).flatMap(({ cookie, percent }) => {
    const { backendRefs } = withCookies(withCanaryPercent(base, { ref, percent }), { ref, affinity });
    const matches = matchesOf(base)
      .map((match) => narrowed(match, [{ on: 'cookie', op: 'exact', ...cookie }]))
      .filter((match) => match !== undefined);
    return copies(base, { matches, fields: { backendRefs } });
  });
  return { base: withCookies(base, { ref, affinity }), kept };
};

/** The affinity that stands in a route; undefined when there is none, or not the whole of it. */
export const affinityOf = (rules: readonly unknown[], ref: RouteRef): Affinity | undefined => {
  const kept = rules.filter((rule) => isKept(rule, ref));
  const given = kept.map((rule) => ({
    canary: setBy(rule, { ref, side: 'canary' }),
    primary: setBy(rule, { ref, side: 'primary' }),
  }));
  const { canary, primary } = given.find((one) => one.canary && one.primary) ?? {};
  const ways = kept.flatMap((rule) =>
    matchesOf(rule).flatMap((match) => {
      const cookie = heldBy(match);
      if (cookie === undefined) return [];
      return [{ cookie: { name: cookie.name, value: cookie.value }, percent: canaryPercentOf(rule, ref) ?? 0 }];
    }),
  );
  return affinityFrom(ways, { canary, primary });
};
