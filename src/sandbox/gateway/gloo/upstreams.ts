import { at, listAt, numberAt, stringAt } from '../../../lib/json.ts';
import type { KubeObject } from '../../../lib/kube-object.ts';
import type { ObjectView, Place } from '../object-view.ts';
import type { Target } from '../service-endpoints.ts';

/** Where a destination of a route leads: the Envoy cluster by its name, and the pods behind it. */
export type Cluster = { readonly name: string; readonly target: Target };

/** The Upstream that a destination names; one without a namespace is of the route's own. */
export const upstreamPlace = (destination: unknown, owner: KubeObject): Required<Place> => ({
  namespace: stringAt(destination, 'upstream', 'namespace') ?? owner.metadata.namespace ?? '',
  name: stringAt(destination, 'upstream', 'name') ?? '',
});

/** The cluster of an Upstream of type kube; undefined when it is not there, or of another type. */
export const clusterOf = (place: Required<Place>, view: ObjectView): Cluster | undefined => {
  const kube = at(view.get('Upstream', place), 'spec', 'kube');
  const service = stringAt(kube, 'serviceName');
  if (service === undefined) return undefined;
  const namespace = stringAt(kube, 'serviceNamespace') ?? place.namespace;
  const target = { namespace, service, port: numberAt(kube, 'servicePort') ?? 0 };
  return { name: `${place.name}_${place.namespace}`, target };
};

/** Destinations of a route with their weights; a single one takes everything. */
export const destinationsOf = (
  route: unknown,
): readonly { readonly destination: unknown; readonly options: unknown; readonly weight: number }[] => {
  const single = at(route, 'routeAction', 'single');
  if (single !== undefined) return [{ destination: single, options: undefined, weight: 1 }];
  return listAt(route, 'routeAction', 'multi', 'destinations').map((entry) => ({
    destination: at(entry, 'destination'),
    options: at(entry, 'options'),
    weight: numberAt(entry, 'weight') ?? 0,
  }));
};
