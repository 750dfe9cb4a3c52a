import type { Problem } from '../../api/problem.ts';
import { listAt, recordAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import { isAdoptedByOther } from '../adopted-object.ts';
import type { Objects } from '../router.ts';
import { replacesApex } from './baseline.ts';
import { rulesFor, subsetLabels } from './destination-rules.ts';
import type { Sides } from './destinations.ts';
import { pairsOf } from './destinations.ts';
import { suffixOf } from './host.ts';
import { destinationRuleRef, virtualServiceRef } from './objects.ts';
import { takenRules } from './own-problems.ts';
import { delegatesOf, rivals } from './rivals.ts';
import { baseRoutes, isOurs, LISTS } from './routes.ts';

const problem = (where: string, message: string): Problem => ({ where, message, reason: 'InvalidSpec' });

const routeName = (route: unknown, index: number): string => stringAt(route, 'name') ?? `${index + 1}`;

/** Routes of ours of which nothing can go to the canary, as no weight leads to the apex. */
const weightless = (found: KubeObject, sides: Sides): readonly Problem[] =>
  LISTS.flatMap((list) =>
    baseRoutes(found, list).flatMap((route, index): readonly Problem[] => {
      const pairs = pairsOf(route, sides);
      if (pairs.length === 0 || pairs.some(({ weight }) => weight > 0)) return [];
      const message = `${list} route ${routeName(route, index)} leads to Service ${sides.ref.service} with weight 0, of which no part can go to the canary; want a weight`;
      return [problem(`VirtualService ${keyOf(found.metadata)}`, message)];
    }),
  );

/** Subsets of the apex host that the sides' hosts cannot get, as nothing defines them. */
const undefinedSubsets = (found: KubeObject, of: { objects: Objects; sides: Sides }): readonly Problem[] => {
  const { objects, sides } = of;
  const { ref } = sides;
  if (objects.list === undefined || objects.sees?.(destinationRuleRef(ref, 'primary')) === false) return [];
  const named = LISTS.flatMap((list) => baseRoutes(found, list))
    .flatMap((route) => listAt(route, 'route'))
    .map((entry) => recordAt(entry, 'destination'))
    .filter((destination) => suffixOf(stringAt(destination, 'host') ?? '', ref) !== undefined)
    .flatMap((destination) => stringAt(destination, 'subset') ?? []);
  return [...new Set(named)].flatMap((subset): readonly Problem[] => {
    if (subsetLabels({ host: ref.service, subset }, { objects, ref }) !== undefined) return [];
    const message = `subset ${subset} of host ${ref.service} is defined by no DestinationRule; want one in namespace ${ref.namespace} for that host with that subset`;
    return [problem(`VirtualService ${keyOf(found.metadata)}`, message)];
  });
};

/** Subsets for the sides of the apex host: its Service leads to the primary alone once Serin has taken over. */
const emptySubsets = (found: KubeObject, sides: Sides): readonly Problem[] => {
  const pairs = LISTS.flatMap((list) => baseRoutes(found, list)).flatMap((route) => pairsOf(route, sides));
  const isEmpty = ({ canary, is }: (typeof pairs)[number]): boolean =>
    is === 'sides' && suffixOf(stringAt(canary, 'destination', 'host') ?? '', sides.ref) !== undefined;
  if (!pairs.some(isEmpty)) return [];
  const { service } = sides.ref;
  const message = `it splits host ${service} by subsets, and Service ${service} leads to the primary alone while Serin has it, so that the canary's subset is empty; want the host of another Service, one that selects both, or ${service} without subsets`;
  return [problem(`VirtualService ${keyOf(found.metadata)}`, message)];
};

/** Why a VirtualService that lives in Git can't be adopted; empty when it can. */
export const adoptedProblems = (objects: Objects, sides: Sides): readonly Problem[] => {
  const { ref } = sides;
  const found = objects.get(virtualServiceRef(ref));
  if (found === undefined) {
    const message = `VirtualService ${keyOf(virtualServiceRef(ref))} does not exist; want the one that leads to Service ${ref.service}`;
    return [problem('spec.routeRef', message)];
  }
  const where = `VirtualService ${keyOf(found.metadata)}`;
  if (isAdoptedByOther(found, sides.ref)) {
    const message =
      'it is adopted by another Canary; want one VirtualService for each Canary, which is all that is supported yet';
    return [problem(where, message)];
  }
  if (!LISTS.some((list) => baseRoutes(found, list).some((route) => isOurs(route, sides)))) {
    const [delegate] = delegatesOf(found);
    const want =
      delegate === undefined ? `a destination with that host` : `spec.routeRef to name its delegate ${delegate}`;
    const message = `no route of it leads to host ${ref.service}, or to ${ref.service}-primary and ${ref.service}-canary; want ${want}`;
    return [problem(where, message)];
  }
  const needsRules = replacesApex(found, sides) && rulesFor(ref.service, { objects, ref }).length > 0;
  return [
    ...weightless(found, sides),
    ...undefinedSubsets(found, { objects, sides }),
    ...emptySubsets(found, sides),
    ...(needsRules ? takenRules(objects, ref) : []),
    ...rivals(found, objects, ref),
  ];
};
