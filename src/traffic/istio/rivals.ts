import type { Problem } from '../../api/problem.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, sameJson, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import type { Objects, RouteRef } from '../router.ts';
import { gatewayKeys, MESH } from './gateways.ts';
import { isSameHost } from './host.ts';
import { listed, virtualServiceRef } from './objects.ts';

const textsAt = (object: KubeObject, field: string): readonly string[] =>
  listAt(object, 'spec', field).filter((text) => typeof text === 'string');

const httpRoutes = (virtualService: KubeObject): readonly unknown[] => listAt(virtualService, 'spec', 'http');

const matchesOf = (virtualService: KubeObject): readonly JsonRecord[] =>
  httpRoutes(virtualService).flatMap((route) => {
    const matches = listAt(route, 'match').filter(isRecord);
    return matches.length === 0 ? [{}] : matches;
  });

/** What a match asks of a request, but for its name and the Gateways. */
const asked = ({ name: _, gateways: __, ignoreUriCase: ___, ...conditions }: JsonRecord): JsonRecord => conditions;

const takesAll = (match: JsonRecord): boolean =>
  sameJson(asked(match), {}) || sameJson(asked(match), { uri: { prefix: '/' } });

/**
 * True when a request may be meant by a route of both, as far as that is plain: both take everything, or ask the same.
 * Istio puts routes that take everything behind all others, whichever VirtualService they come from.
 */
const compete = (a: KubeObject, b: KubeObject): boolean =>
  matchesOf(a).some((one) =>
    matchesOf(b).some((other) => (takesAll(one) && takesAll(other)) || sameJson(asked(one), asked(other))),
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
  return `${what} on Gateway ${gateway} with a route for the same requests, and Istio leaves open which comes first; want one VirtualService for the host, or matches that exclude each other`;
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
