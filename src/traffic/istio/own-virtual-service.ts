import { durationMs } from '../../api/duration.ts';
import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS, HELD_LABEL, STAMP_ANNOTATION } from '../../api/names.ts';
import { isMadeFor } from '../../api/ownership.ts';
import { covers } from '../../lib/covers.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { at, sameJson } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { ObjectPatch, RouteOptions, RouteRef } from '../router.ts';
import { isSameHost } from './host.ts';
import { virtualServiceRef } from './objects.ts';
import type { Written } from './routes.ts';
import { written } from './routes.ts';

/** What else is kept on the route, in the same write. */
export type Noted = { readonly stamp: string | undefined };

/** True when connections are routed, of which nothing but the port is known. */
export const isTcp = ({ appProtocol }: RouteOptions): boolean => appProtocol?.toLowerCase() === 'tcp';

/** The Gateways that the route is bound to, as they are written; none for a delegate, which has its root's. */
export const gatewaysOf = ({ options }: RouteRef): readonly string[] => {
  if (options.delegation) return [];
  return options.gateways === undefined || options.gateways.length === 0 ? ['mesh'] : options.gateways;
};

/** The hosts of the route: the Canary's and the apex itself, as with Flagger; none for a delegate. */
export const hostsOf = ({ options, hosts, service, namespace }: RouteRef): readonly string[] => {
  if (options.delegation) return [];
  const hasApex = hosts.some((host) => host === '*' || isSameHost(host, service, namespace));
  return hasApex ? hosts : [...hosts, service];
};

/** A duration as protobuf has it: seconds. None at all for 0, which is Istio's default and no value of its CRD. */
const seconds = (duration: string): string | undefined => {
  const ms = durationMs(duration);
  return ms === 0 ? undefined : `${ms / 1000}s`;
};

const retriesOf = ({ retries }: RouteOptions): JsonRecord | undefined => {
  if (retries === undefined) return undefined;
  const { perTryTimeout, ...rest } = retries;
  const duration = perTryTimeout === undefined ? undefined : seconds(perTryTimeout);
  return { ...rest, ...(duration === undefined ? {} : { perTryTimeout: duration }) };
};

const corsPolicyOf = ({ corsPolicy }: RouteOptions): JsonRecord | undefined => {
  const maxAge = corsPolicy?.['maxAge'];
  if (typeof maxAge !== 'string') return corsPolicy;
  const { maxAge: _, ...rest } = corsPolicy ?? {};
  const duration = seconds(maxAge);
  return { ...rest, ...(duration === undefined ? {} : { maxAge: duration }) };
};

/** Istio's `uri` replaces what the route's match has matched; the whole path only where that is asked for. */
const rewriteOf = ({ rewrite }: RouteOptions): JsonRecord | undefined => {
  if (rewrite === undefined) return undefined;
  const { uri, authority, type } = rewrite;
  const whole = (path: string): JsonRecord => ({
    uriRegexRewrite: { match: '^.*$', rewrite: path.replaceAll('\\', '\\\\') },
  });
  return {
    ...(uri === undefined ? {} : type === 'ReplaceFullPath' ? whole(uri) : { uri }),
    ...(authority === undefined ? {} : { authority }),
  };
};

/** What a connection can be matched by. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'destinationSubnets',
  'gateways',
  'port',
  'sourceLabels',
  'sourceNamespace',
]);

/** Fields of the Canary's matches that a TCP route does not have. */
export const requestFields = ({ match = [] }: RouteOptions): readonly string[] =>
  match.flatMap((one) => Object.keys(one).filter((field) => !CONNECTION_FIELDS.has(field)));

const defined = (fields: JsonRecord): JsonRecord =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The one route, leading to the apex. */
const ownRoute = ({ service, port, options }: RouteRef): JsonRecord => {
  const route = [{ destination: { host: service, port: { number: port } }, weight: 100 }];
  const match = (options.match ?? []).length === 0 ? undefined : options.match;
  if (isTcp(options)) return defined({ match, route });
  const timeout = options.timeout === undefined ? undefined : seconds(options.timeout);
  return defined({
    match,
    rewrite: rewriteOf(options),
    timeout,
    retries: retriesOf(options),
    corsPolicy: corsPolicyOf(options),
    headers: options.headers,
    route,
  });
};

/** The whole VirtualService. */
export const ownVirtualService = (ref: RouteRef, { stamp, ...to }: Written & Noted): KubeObject => {
  const list = isTcp(ref.options) ? 'tcp' : 'http';
  const routes = written([ownRoute(ref)], { sides: { ref, roleOf: () => undefined }, list, to });
  const { apiVersion, kind, ...named } = virtualServiceRef(ref);
  return {
    apiVersion,
    kind,
    metadata: {
      ...named,
      labels: { [CANARY_UID_LABEL]: ref.canaryUid, [HELD_LABEL]: 'true' },
      annotations: { ...HANDS_OFF_ANNOTATIONS, ...(stamp === undefined ? {} : { [STAMP_ANNOTATION]: stamp }) },
    },
    spec: ref.options.delegation
      ? { [list]: routes }
      : { hosts: hostsOf(ref), gateways: gatewaysOf(ref), [list]: routes },
  };
};

/** What Serin says of a VirtualService; what others add beside it, such as exportTo, is theirs. */
const FIELDS = ['hosts', 'gateways', 'http', 'tcp'];

/** Applies the whole VirtualService; nothing when it stands so, or is somebody else's. */
export const planOwn = (
  found: KubeObject | undefined,
  { ref, to }: { readonly ref: RouteRef; readonly to: Written & Noted },
): readonly ObjectPatch[] => {
  if (found !== undefined && !isMadeFor(found, ref.canaryUid)) return [];
  const object = ownVirtualService(ref, to);
  const isCurrent =
    found !== undefined &&
    covers(found.metadata, object.metadata) &&
    FIELDS.every((field) => sameJson(at(found, 'spec', field), at(object, 'spec', field))) &&
    at(found, 'metadata', 'annotations', STAMP_ANNOTATION) === to.stamp;
  return isCurrent ? [] : [{ type: 'apply', object }];
};

/** Deletes it, when Serin has made it. */
export const releaseOwn = (found: KubeObject | undefined, ref: RouteRef): readonly ObjectPatch[] => {
  if (found === undefined || !isMadeFor(found, ref.canaryUid)) return [];
  const { uid } = found.metadata;
  return [{ type: 'delete', ref: virtualServiceRef(ref), ...(uid === undefined ? {} : { uid }) }];
};
