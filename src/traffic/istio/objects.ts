import type { Side } from '../../api/names.ts';
import type { ObjectRef } from '../../lib/kube-object.ts';
import type { RouteRef } from '../router.ts';
import { sideService } from '../split.ts';

/** The stored version of Istio's networking kinds. */
const API_VERSION = 'networking.istio.io/v1';

/** The VirtualService of a Canary: the one that it adopts, or the one that Serin makes, which has the apex's name. */
export const virtualServiceRef = (ref: RouteRef): ObjectRef => ({
  apiVersion: API_VERSION,
  kind: 'VirtualService',
  namespace: ref.namespace,
  name: ref.routeRef?.name ?? ref.service,
});

/** The DestinationRule that Serin makes for the Service of one side: it has that Service's name. */
export const destinationRuleRef = (ref: RouteRef, side: Side): ObjectRef => ({
  apiVersion: API_VERSION,
  kind: 'DestinationRule',
  namespace: ref.namespace,
  name: sideService(ref, side),
});

/** An Istio Gateway. */
export const gatewayRef = (named: { readonly namespace: string; readonly name: string }): ObjectRef => ({
  apiVersion: API_VERSION,
  kind: 'Gateway',
  ...named,
});

/** Kind and namespace by which objects are listed. */
export const listed = (kind: 'VirtualService' | 'DestinationRule', namespace: string) => ({
  apiVersion: API_VERSION,
  kind,
  namespace,
});
