import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS, HELD_LABEL, STAMP_ANNOTATION } from '../../api/names.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, recordAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { RouteRef, TrafficIntent } from '../router.ts';
import { sideService } from '../split.ts';
import { pinAnnotations } from './canary-pins.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';
export const CANARY_WEIGHT = `${PREFIX}canary-weight`;
const LEGACY_CLASS = 'kubernetes.io/ingress.class';

/**
 * Class of the canary Ingress while the canary has no traffic, pinned or by weight: one that nobody serves. To the plane that is the same as
 * no canary Ingress at all, so that clients with an affinity cookie are moved too (at weight 0 they would stay), and the
 * stamp stands in the same object, written in the same patch.
 */
const PARKED_CLASS = 'serin-parked';

export const canaryIngressName = (ref: RouteRef): string => `${ref.ingressRef?.name}-canary`;

const leadsToApex = (path: unknown, ref: RouteRef): boolean =>
  stringAt(path, 'backend', 'service', 'name') === ref.service;

/** Rules of an Ingress that lead to the apex, with nothing but those paths, led to the canary's Service. */
const canaryRules = (ingress: KubeObject, ref: RouteRef): readonly JsonRecord[] =>
  listAt(ingress, 'spec', 'rules')
    .filter(isRecord)
    .flatMap((rule): readonly JsonRecord[] => {
      const paths = listAt(rule, 'http', 'paths').filter(isRecord);
      const ours = paths.filter((path) => leadsToApex(path, ref));
      if (ours.length === 0) return [];
      const moved = ours.map((path) => {
        const service = { ...recordAt(path, 'backend', 'service'), name: sideService(ref, 'canary') };
        return { ...path, backend: { ...recordAt(path, 'backend'), service } };
      });
      return [{ ...rule, http: { ...recordAt(rule, 'http'), paths: moved } }];
    });

/** Host and path of every way to a Service through an Ingress. */
export const placesOf = (ingress: KubeObject, service?: string): readonly string[] =>
  listAt(ingress, 'spec', 'rules').flatMap((rule) =>
    listAt(rule, 'http', 'paths')
      .filter((path) => service === undefined || stringAt(path, 'backend', 'service', 'name') === service)
      .map((path) => `${stringAt(rule, 'host') ?? '*'}${stringAt(path, 'path') ?? '/'}`),
  );

/** The plane's annotations that also hold on a canary Ingress, but for those that Serin sets. */
const copiedAnnotations = (ingress: KubeObject): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(ingress.metadata.annotations ?? {}).filter(
      ([key]) => key.startsWith(PREFIX) && !key.startsWith(`${PREFIX}canary`),
    ),
  );

type Wanted = {
  readonly ref: RouteRef;
  readonly percent: number;
  readonly pinned: TrafficIntent['pinned'];
  readonly stamp: string | undefined;
};

/**
 * `<ingress>-canary`, to be applied: the paths of the Ingress that lead to the apex, led to the canary with `percent` of
 * the requests and those that are pinned. Without any it is parked, for which the canary Ingress itself is enough. Undefined when there is no way to lead:
 * Git took the Ingress, or its paths to the apex, away.
 */
export const canaryIngress = (
  { ingress, canary }: { readonly ingress: KubeObject | undefined; readonly canary: KubeObject | undefined },
  { ref, percent, pinned, stamp }: Wanted,
): KubeObject | undefined => {
  const pins = pinAnnotations(pinned);
  const parks = percent === 0 && pinned === undefined;
  const wanted = ingress === undefined ? [] : canaryRules(ingress, ref);
  const rules = wanted.length > 0 || !parks ? wanted : listAt(canary, 'spec', 'rules');
  const source = ingress ?? canary;
  if (source === undefined || rules.length === 0) return undefined;
  const className = stringAt(source, 'spec', 'ingressClassName');
  const legacyClass = source.metadata.annotations?.[LEGACY_CLASS];
  const tls = listAt(source, 'spec', 'tls');
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: canaryIngressName(ref),
      namespace: ref.namespace,
      labels: { [CANARY_UID_LABEL]: ref.canaryUid, [HELD_LABEL]: 'true' },
      annotations: {
        ...copiedAnnotations(source),
        ...(legacyClass === undefined || parks ? {} : { [LEGACY_CLASS]: legacyClass }),
        [`${PREFIX}canary`]: 'true',
        [CANARY_WEIGHT]: `${percent}`,
        [`${PREFIX}canary-weight-total`]: '100',
        ...pins,
        ...HANDS_OFF_ANNOTATIONS,
        ...(stamp === undefined ? {} : { [STAMP_ANNOTATION]: stamp }),
      },
    },
    spec: {
      ...(parks ? { ingressClassName: PARKED_CLASS } : className === undefined ? {} : { ingressClassName: className }),
      ...(tls.length === 0 ? {} : { tls }),
      rules,
    },
  };
};

/** True when no plane serves a canary Ingress, whatever its annotations say. */
export const isParked = (canary: KubeObject): boolean => stringAt(canary, 'spec', 'ingressClassName') === PARKED_CLASS;

/** Percent of the requests that a canary Ingress takes; 0 while it is parked. The plane reads no total below 100. */
export const canaryPercentOf = (canary: KubeObject): number => {
  if (isParked(canary)) return 0;
  const annotation = (name: string): number => Number.parseInt(canary.metadata.annotations?.[name] ?? '', 10);
  const weight = annotation(CANARY_WEIGHT);
  const total = Math.max(annotation(`${PREFIX}canary-weight-total`) || 100, 100);
  return Number.isNaN(weight) ? 0 : Math.min(100, Math.max(0, (weight * 100) / total));
};
