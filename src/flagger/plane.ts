import type { JsonRecord } from '../lib/json.ts';
import { listAt, recordAt, stringAt } from '../lib/json.ts';

/** Flagger's own default of `-mesh-provider`. */
const FLAGGER_DEFAULT = 'istio';

/** Versions of one plane whose objects are the same ones in the API server. */
const SAME_OBJECTS: Readonly<Record<string, string>> = { 'gatewayapi:v1beta1': 'gatewayapi:v1' };

/**
 * The data plane that a Flagger Canary is run on: the one it names, else the one that all are run on, else the one that
 * its references tell, else Istio.
 */
export const planeOf = (spec: JsonRecord, meshProvider: string | undefined): string => {
  const named = stringAt(spec, 'provider') ?? meshProvider;
  if (named !== undefined) return SAME_OBJECTS[named] ?? named;
  if (listAt(spec, 'service', 'gatewayRefs').length > 0) return 'gatewayapi:v1';
  if (spec['ingressRef'] !== undefined) return 'nginx';
  if (spec['upstreamRef'] !== undefined) return 'gloo';
  if (spec['routeRef'] !== undefined) return 'apisix';
  return FLAGGER_DEFAULT;
};

/** The plane without its version. */
const bare = (plane: string): string => plane.split(':', 1)[0] ?? plane;

/** Options of `spec.service` that Flagger reads on some planes only; on the others it passes over them. */
export const READ_ON: Readonly<Record<string, readonly string[]>> = {
  hosts: ['istio', 'gatewayapi', 'appmesh', 'smi'],
  gateways: ['istio', 'smi'],
  gatewayRefs: ['gatewayapi'],
  trafficPolicy: ['istio'],
  delegation: ['istio'],
  meshName: ['appmesh'],
  backends: ['appmesh', 'smi'],
  retries: ['istio', 'appmesh', 'contour'],
  timeout: ['istio', 'appmesh', 'contour', 'gatewayapi'],
  backendTimeout: ['gatewayapi'],
  corsPolicy: ['istio', 'gatewayapi'],
  headers: ['istio', 'gatewayapi'],
  rewrite: ['istio', 'gatewayapi'],
  match: ['istio', 'gatewayapi', 'appmesh', 'contour'],
  mirror: ['gatewayapi'],
};

/** True for an option of `spec.service` that is set and that Flagger passes over on this plane. */
export const isPassedOver = (
  spec: JsonRecord,
  { option, plane }: { readonly option: string; readonly plane: string },
): boolean =>
  recordAt(spec, 'service')[option] !== undefined && !(READ_ON[option] ?? [bare(plane)]).includes(bare(plane));
