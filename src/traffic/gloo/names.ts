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

/** All but the port of the name of a side's Upstream. Flagger's, so that its users' queries go on finding its counters. */
const upstreamPrefix = ({ namespace, service }: RouteRef, side: Side): string =>
  `${namespace}-${service}-${side}upstream-`;

/** The Upstream of one side. */
export const sideUpstream = (ref: RouteRef, side: Side): ObjectRef =>
  upstreamRefTo(`${upstreamPrefix(ref, side)}${ref.port}`, ref.namespace);

/** True for the name of a side's Upstream, also from before the Canary changed its port. */
export const isUpstreamOf = (name: string, { ref, side }: { readonly ref: RouteRef; readonly side: Side }): boolean =>
  name.startsWith(upstreamPrefix(ref, side));
