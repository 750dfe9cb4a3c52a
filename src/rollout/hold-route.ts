import type { CanarySpec } from '../api/canary.ts';
import { type Provider, providerOf } from '../api/provider.ts';
import type { Action, EventNote } from './decision.ts';
import { type Fought, remedy } from './drift.ts';
import type { Observed } from './observed.ts';
import { primaryServes } from './sides.ts';
import { namesHeld } from './taken-over.ts';

/** What is recorded of the route: its weight, the stamp behind it, and whether anybody can take traffic again. */
export type HeldAt = { readonly weight: number; readonly mayRaise: boolean; readonly stamp?: string };

type Writes = {
  readonly before: readonly Action[];
  readonly after: readonly Action[];
  readonly events: readonly EventNote[];
};
const NONE: Writes = { before: [], after: [], events: [] };

/** Kind of the object that carries the weights, and where, by data plane. */
const CARRIERS = {
  gatewayapi: { kind: 'HTTPRoute', field: '/spec/rules' },
  istio: { kind: 'VirtualService', field: '/spec/http' },
  appmesh: { kind: 'VirtualRouter', field: '/spec/routes' },
  gloo: { kind: 'RouteTable', field: '/spec/routes' },
  nginx: { kind: 'Ingress', field: '/metadata/annotations' },
} as const satisfies Record<Provider, Omit<Fought, 'name'>>;

const foughtOver = (spec: CanarySpec): Fought => {
  const { ingressRef, routeRef, service } = spec;
  const provider = providerOf(spec) ?? 'gatewayapi';
  const isTcp = provider === 'istio' && service.appProtocol === 'tcp';
  const name = ingressRef === undefined ? (routeRef?.name ?? namesHeld(spec).service) : `${ingressRef.name}-canary`;
  return { ...CARRIERS[provider], name, ...(isTcp ? { field: '/spec/tcp' } : {}) };
};

const drift = ({ canary, route }: Observed, manager: string, weight: number): EventNote => {
  const fought = foughtOver(canary.spec);
  const what =
    route.canaryWeight === weight
      ? `changed ${fought.kind} ${fought.name}; its backends go back`
      : `set the canary's weight to ${route.canaryWeight}%; it goes back to ${weight}%`;
  return { reason: 'RouteDrift', note: `${manager} ${what}. To end this, ${remedy(manager, fought)}` };
};

/**
 * Keeps the route at `weight`: what stands above it is lowered at once, what stands below it is put back to it and
 * never above; not while there is nobody to take the traffic. Somebody else's change is named.
 */
export const holdRoute = (observed: Observed, { weight, mayRaise, stamp }: HeldAt): Writes => {
  const { canaryWeight: found, current, foreignManager } = observed.route;
  if (found === weight && current) return NONE;
  const write: Action = { type: 'setRoute', canaryWeight: weight, ...(stamp === undefined ? {} : { stamp }) };
  const events = found === undefined || foreignManager === undefined ? [] : [drift(observed, foreignManager, weight)];
  if (found !== undefined && found > weight) {
    return primaryServes(observed) ? { before: [write], after: [], events } : NONE;
  }
  return weight === 0 || mayRaise ? { before: [], after: [write], events } : NONE;
};
