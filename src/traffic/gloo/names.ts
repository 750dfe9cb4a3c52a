import type { Side } from '../../api/names.ts';
import type { ObjectRef } from '../../lib/kube-object.ts';
import type { RouteRef } from '../router.ts';

/** The RouteTable that Serin makes: it has the apex's name, by which a VirtualService of the user's delegates to it. */
export const routeTableRef = ({ namespace, service }: RouteRef): ObjectRef => ({
  apiVersion: 'gateway.solo.io/v1',
  kind: 'RouteTable',
  namespace,
  name: service,
});

export const upstreamRefTo = (name: string, namespace: string): ObjectRef => ({
  apiVersion: 'gloo.solo.io/v1',
  kind: 'Upstream',
  namespace,
  name,
});

/** The Upstream of one side. Flagger's name, so that its users' queries go on finding its counters. */
export const sideUpstream = ({ namespace, service, port }: RouteRef, side: Side): ObjectRef =>
  upstreamRefTo(`${namespace}-${service}-${side}upstream-${port}`, namespace);
