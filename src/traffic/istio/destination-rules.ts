import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS, ROLE_LABEL, type Side } from '../../api/names.ts';
import { isMadeFor } from '../../api/ownership.ts';
import { covers } from '../../lib/covers.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { at, listAt, recordAt, sameJson, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { refOf } from '../../lib/kube-object.ts';
import type { ObjectPatch, Objects, RouteRef } from '../router.ts';
import { sideService } from '../split.ts';
import { isSameHost } from './host.ts';
import { destinationRuleRef, listed } from './objects.ts';

const SIDES = ['primary', 'canary'] as const;

/** DestinationRules of the namespace for a host, the oldest first: Istio takes the subsets of all of them. */
export const rulesFor = (host: string, { objects, ref }: { objects: Objects; ref: RouteRef }): readonly KubeObject[] =>
  (objects.list?.(listed('DestinationRule', ref.namespace)) ?? [])
    .filter((rule) => isSameHost(stringAt(rule, 'spec', 'host') ?? '', host, ref.namespace))
    .toSorted((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1));

const standingRules = (objects: Objects, ref: RouteRef): readonly KubeObject[] =>
  SIDES.flatMap((side) => objects.get(destinationRuleRef(ref, side)) ?? []);

/** Labels of the pods that a subset of a host selects; undefined when no DestinationRule defines it. */
export const subsetLabels = (
  { host, subset }: { readonly host: string; readonly subset: string },
  of: { readonly objects: Objects; readonly ref: RouteRef },
): JsonRecord | undefined => {
  const found = rulesFor(host, of)
    .flatMap((rule) => listAt(rule, 'spec', 'subsets'))
    .find((one) => stringAt(one, 'name') === subset);
  return found === undefined ? undefined : recordAt(found, 'labels');
};

/** Looks up the side whose pods a subset selects; undefined when its labels name none. Each is looked up once. */
export const roleOf = (of: { readonly objects: Objects; readonly ref: RouteRef }) => {
  const known = new Map<string, Side | undefined>();
  return (host: string, subset: string): Side | undefined => {
    const key = `${host} ${subset}`;
    if (!known.has(key)) {
      const role = subsetLabels({ host, subset }, of)?.[ROLE_LABEL];
      known.set(
        key,
        SIDES.find((side) => side === role),
      );
    }
    return known.get(key);
  };
};

/** The DestinationRule of one side; `spec` is all of its spec but the host. */
const sideRule = (side: Side, { ref, spec }: { readonly ref: RouteRef; readonly spec: JsonRecord }): KubeObject => {
  const { apiVersion, kind, ...named } = destinationRuleRef(ref, side);
  return {
    apiVersion,
    kind,
    metadata: { ...named, labels: { [CANARY_UID_LABEL]: ref.canaryUid }, annotations: HANDS_OFF_ANNOTATIONS },
    spec: { ...spec, host: sideService(ref, side) },
  };
};

/** The spec of the sides' DestinationRules where Serin makes the route. */
export const ownRuleSpec = ({ options: { trafficPolicy } }: RouteRef): JsonRecord =>
  trafficPolicy === undefined ? {} : { trafficPolicy };

/** That of the apex host's, which the sides' must have when they stand in its place; undefined when it has none. */
export const apexRuleSpec = (of: { readonly objects: Objects; readonly ref: RouteRef }): JsonRecord | undefined => {
  const [first, ...more] = rulesFor(of.ref.service, of);
  if (first === undefined) return undefined;
  const subsets = [first, ...more].flatMap((rule) => listAt(rule, 'spec', 'subsets'));
  return { ...recordAt(first, 'spec'), ...(subsets.length === 0 ? {} : { subsets }) };
};

const isCurrent = (found: KubeObject | undefined, wanted: KubeObject): boolean =>
  found !== undefined &&
  covers(found, wanted) &&
  ['trafficPolicy', 'subsets'].every((field) => sameJson(at(found, 'spec', field), at(wanted, 'spec', field)));

/** Applies both DestinationRules; nothing of what stands so, or is somebody else's. */
export const planRules = (
  spec: JsonRecord | undefined,
  { objects, ref }: { readonly objects: Objects; readonly ref: RouteRef },
): readonly ObjectPatch[] => {
  if (spec === undefined) return [];
  return SIDES.flatMap((side): readonly ObjectPatch[] => {
    const object = sideRule(side, { ref, spec });
    const found = objects.get(destinationRuleRef(ref, side));
    const isTheirs = found !== undefined && !isMadeFor(found, ref.canaryUid);
    return isTheirs || isCurrent(found, object) ? [] : [{ type: 'apply', object }];
  });
};

/** The DestinationRules that Serin has made. */
export const madeRules = (objects: Objects, ref: RouteRef): readonly KubeObject[] =>
  standingRules(objects, ref).filter((rule) => isMadeFor(rule, ref.canaryUid));

/** Deletes both, as far as Serin has made them. */
export const releaseRules = (objects: Objects, ref: RouteRef): readonly ObjectPatch[] =>
  madeRules(objects, ref).map((rule) => {
    const { uid } = rule.metadata;
    return { type: 'delete', ref: refOf(rule), ...(uid === undefined ? {} : { uid }) };
  });

/** The DestinationRules of the sides' names that are somebody else's. */
export const foreignRules = (objects: Objects, ref: RouteRef): readonly KubeObject[] =>
  standingRules(objects, ref).filter((rule) => !isMadeFor(rule, ref.canaryUid));
