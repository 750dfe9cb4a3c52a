import { isAdoptedBy, readBaseline } from '../../api/ownership.ts';
import type { Problem } from '../../api/problem.ts';
import { hashOf } from '../../lib/hash.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, recordAt, sameJson } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import { adopting, givingBack, isAdoptedByOther } from '../adopted-object.ts';
import type { ObjectPatch, RouteRef } from '../router.ts';
import { assertTakesNothing, withExtras, withoutExtras } from './extra-rules.ts';
import type { RouteWanted } from './route-wanted.ts';
import { isAdopted, isOurs, withApex, withCanaryPercent } from './rule.ts';
import { assertTaken, pinLimitsOf } from './rule-limits.ts';

/** Most backendRefs that the API takes in one rule. */
const MAX_BACKENDS = 16;

/** A rule is known again by everything but its backends: Git may put other rules before it. */
const ruleKey = ({ backendRefs: _, ...rest }: JsonRecord): string => hashOf(rest).slice(0, 16);

/** The rules that are the route's own: what Serin has added since it adopted the route does not count. */
const ownRules = (route: KubeObject, ref: RouteRef): readonly unknown[] => {
  const rules = listAt(route, 'spec', 'rules');
  return isAdoptedBy(route, ref.canaryUid) ? withoutExtras(rules, ref) : rules;
};

const rulesOf = (route: KubeObject, ref: RouteRef): readonly JsonRecord[] => ownRules(route, ref).filter(isRecord);

/** How much can be pinned in a route that is, or is to be, adopted. */
export const adoptedPinLimits = (
  route: KubeObject | undefined,
  of: { readonly ref: RouteRef; readonly mayMirror: boolean },
): ReturnType<typeof pinLimitsOf> => pinLimitsOf(route === undefined ? [] : ownRules(route, of.ref), of);

/** Why a route that lives in Git can't be adopted; empty when it can. */
export const adoptedRouteProblems = (route: KubeObject | undefined, ref: RouteRef): readonly Problem[] => {
  const name = ref.routeRef?.name ?? '';
  const problem = (where: string, message: string): readonly Problem[] => [{ where, message, reason: 'InvalidSpec' }];
  if (route === undefined) {
    return problem(
      'spec.routeRef',
      `HTTPRoute ${ref.namespace}/${name} does not exist; want the route that leads to Service ${ref.service}`,
    );
  }
  const where = `HTTPRoute ${keyOf(route.metadata)}`;
  if (isAdoptedByOther(route, ref)) {
    return problem(
      where,
      'it is adopted by another Canary; want one route for each Canary, which is all that is supported yet',
    );
  }
  const ours = rulesOf(route, ref).filter((rule) => isOurs(rule, ref));
  if (ours.length === 0) {
    return problem(where, `no rule of it leads to Service ${ref.service}; want a backendRef of that name`);
  }
  if (ours.some((rule) => !isAdopted(rule, ref) && listAt(rule, 'backendRefs').length >= MAX_BACKENDS)) {
    return problem(
      where,
      `a rule has ${MAX_BACKENDS} backends, which leaves no room for the canary; want at most ${MAX_BACKENDS - 1}`,
    );
  }
  return [];
};

/** The backends of each rule of ours before it was adopted: as it is now, or, once it is adopted, as noted then. */
const baselineOf = (route: KubeObject, ref: RouteRef): JsonRecord => {
  const noted = recordAt(readBaseline(route), 'value');
  const ours = rulesOf(route, ref).filter((rule) => isOurs(rule, ref));
  const before = ours.map((rule) => [ruleKey(rule), isAdopted(rule, ref) ? noted[ruleKey(rule)] : rule['backendRefs']]);
  return Object.fromEntries(before);
};

/** Puts the sides in the place of the apex, in one guarded patch; nothing when the route stands so or is not ours. */
export const planAdoptedRoute = (
  route: KubeObject | undefined,
  { ref, percent, extras, stamp }: RouteWanted,
): readonly ObjectPatch[] => {
  if (route === undefined || isAdoptedByOther(route, ref)) return [];
  if (!isAdoptedBy(route, ref.canaryUid) && !rulesOf(route, ref).some((rule) => isOurs(rule, ref))) return [];
  const before = listAt(route, 'spec', 'rules');
  const split = ownRules(route, ref).map((rule) => (isRecord(rule) ? withCanaryPercent(rule, { ref, percent }) : rule));
  const { rules, added } = withExtras(split, { ref, ...extras });
  assertTakesNothing(split, { ref, added });
  assertTaken(rules);
  const spec = sameJson(before, rules) ? {} : { rules };
  return adopting(route, { ref, spec, stamp, baseline: baselineOf(route, ref) });
};

const unweighted = (backend: unknown): unknown => ({ ...(isRecord(backend) ? backend : {}), weight: undefined });

/** The rule as it was before: with its noted backends when they are still the same ones, else with the apex in place. */
const restored = (rule: JsonRecord, { ref, baseline }: { ref: RouteRef; baseline: JsonRecord }): JsonRecord => {
  if (!isAdopted(rule, ref)) return rule;
  const noted = baseline[ruleKey(rule)];
  const apex = withApex(rule, ref);
  const isSame = Array.isArray(noted) && sameJson(noted.map(unweighted), listAt(apex, 'backendRefs').map(unweighted));
  return isSame ? { ...rule, backendRefs: noted } : apex;
};

/** Gives the route back as it was, in one guarded patch; nothing when it was never adopted by this Canary. */
export const releaseAdoptedRoute = (route: KubeObject | undefined, ref: RouteRef): readonly ObjectPatch[] => {
  if (route === undefined || !isAdoptedBy(route, ref.canaryUid)) return [];
  const baseline = recordAt(readBaseline(route), 'value');
  const rules = ownRules(route, ref).map((rule) => (isRecord(rule) ? restored(rule, { ref, baseline }) : rule));
  return givingBack(route, { rules });
};
