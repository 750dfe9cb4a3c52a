import type { Problem } from '../../api/problem.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, recordAt, sameJson, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import type { Objects, RouteRef } from '../router.ts';
import { gatewayKeys, MESH } from './gateways.ts';
import { isSameHost } from './host.ts';
import { listed, virtualServiceRef } from './objects.ts';
import { excludes, valueMatchOf } from './string-match.ts';

const textsAt = (object: KubeObject, field: string): readonly string[] =>
  listAt(object, 'spec', field).filter((text) => typeof text === 'string');

const httpRoutes = (virtualService: KubeObject): readonly unknown[] => listAt(virtualService, 'spec', 'http');

const matchesOf = (virtualService: KubeObject): readonly JsonRecord[] =>
  httpRoutes(virtualService).flatMap((route) => {
    const matches = listAt(route, 'match').filter(isRecord);
    return matches.length === 0 ? [{}] : matches;
  });

/** Fields of a match that ask for one value, and for values by name. */
const SINGLE = ['authority', 'method', 'scheme', 'uri'] as const;
const NAMED = ['headers', 'queryParams'] as const;

const areApart = (a: unknown, b: unknown): boolean => {
  const [one, other] = [valueMatchOf(a), valueMatchOf(b)];
  return one !== undefined && other !== undefined && excludes(one, other);
};

/** True when no request passes both, as far as that is plain. */
const excludeEachOther = (a: JsonRecord, b: JsonRecord): boolean => {
  const isAnyCase = a['ignoreUriCase'] === true || b['ignoreUriCase'] === true;
  return (
    SINGLE.some((field) => !(field === 'uri' && isAnyCase) && areApart(a[field], b[field])) ||
    NAMED.some((field) =>
      Object.entries(recordAt(a, field)).some(([name, value]) => areApart(value, recordAt(b, field)[name])),
    )
  );
};

const takesAll = ({ name: _, gateways: __, ignoreUriCase: ___, ...asked }: JsonRecord): boolean =>
  sameJson(asked, {}) || sameJson(asked, { uri: { prefix: '/' } });

/**
 * True when `theirs` may take requests of `ours`, or the other way round. What takes everything is put behind all else
 * by Istio, whichever VirtualService it comes from: that of theirs is no matter, but before ours a pin or a mirror may
 * come to stand, which takes everything no more and may come first.
 */
const compete = (ours: KubeObject, theirs: KubeObject): boolean =>
  matchesOf(ours).some((one) =>
    matchesOf(theirs).some((other) => (takesAll(one) || !takesAll(other)) && !excludeEachOther(one, other)),
  );

const rival = (ours: KubeObject, other: KubeObject, namespace: string): string | undefined => {
  const host = textsAt(ours, 'hosts').find((one) =>
    textsAt(other, 'hosts').some((theirs) => isSameHost(one, theirs, namespace)),
  );
  if (host === undefined) return undefined;
  const theirs = gatewayKeys(textsAt(other, 'gateways'), namespace);
  const shared = gatewayKeys(textsAt(ours, 'gateways'), namespace).filter((gateway) => theirs.includes(gateway));
  const what = `it is a second VirtualService for host ${host}`;
  if (shared.includes(MESH)) {
    return `${what} in the mesh, where Istio takes only one of them; want one VirtualService for the host`;
  }
  const [gateway] = shared;
  if (gateway === undefined || !compete(ours, other)) return undefined;
  return `${what} on Gateway ${gateway}, and may be meant by the same requests, of which Istio leaves open who gets them; want one VirtualService for the host, or matches that exclude each other`;
};

/**
 * Other VirtualServices that take requests of `ours`, as it stands or will stand: for one of its hosts, on one of its
 * Gateways. Delegates have no hosts. Only the Canary's namespace is looked at.
 */
export const rivals = (ours: KubeObject, { list }: Objects, ref: RouteRef): readonly Problem[] =>
  (list?.(listed('VirtualService', ref.namespace)) ?? [])
    .filter(({ metadata }) => metadata.name !== virtualServiceRef(ref).name)
    .flatMap((other): readonly Problem[] => {
      const message = rival(ours, other, ref.namespace);
      const where = `VirtualService ${keyOf(other.metadata)}`;
      return message === undefined ? [] : [{ where, message, reason: 'InvalidSpec' }];
    });

/** The VirtualServices that the routes of one hand requests on to. */
export const delegatesOf = (virtualService: KubeObject): readonly string[] =>
  httpRoutes(virtualService).flatMap((route) => {
    const name = stringAt(route, 'delegate', 'name');
    const namespace = stringAt(route, 'delegate', 'namespace') ?? virtualService.metadata.namespace ?? '';
    return name === undefined ? [] : [`${namespace}/${name}`];
  });
