import { at, stringAt } from '../../../lib/json.ts';
import type { KubeObject } from '../../../lib/kube-object.ts';
import type { ObjectView } from '../object-view.ts';
import { GlooReports } from './gloo-reports.ts';
import { type LeafRoute, routesBelow } from './route-tree.ts';
import { destinationsOf, upstreamPlace } from './upstreams.ts';

/** Words with which Gloo rejects an object; undefined for none. */
export type AskGloo = (object: KubeObject) => string | undefined;

/** What Gloo makes of one VirtualService and of everything that it delegates to. */
export type Translation = { readonly routes: readonly LeafRoute[]; readonly reports: GlooReports };

const WEIGHTS =
  'Incorrect configuration for Weighted Destination for route - Weighted Destinations require a total weight that is greater than or equal to 1';

/** What of a route is wrong only where it is to be served. */
const checkDestinations = (
  { route, owner }: LeafRoute,
  { service, view, reports }: { service: KubeObject; view: ObjectView; reports: GlooReports },
): void => {
  const destinations = destinationsOf(route);
  const concerned = [service, owner];
  if (at(route, 'routeAction') !== undefined && destinations.reduce((sum, { weight }) => sum + weight, 0) < 1) {
    reports.failProxy(concerned, `Route Error: ProcessingError. Reason: ${WEIGHTS}`);
  }
  for (const { destination } of destinations) {
    if (stringAt(destination, 'upstream', 'name') === undefined) continue;
    const place = upstreamPlace(destination, owner);
    if (view.get('Upstream', place) !== undefined) continue;
    const words = `*v1.Upstream { ${place.namespace}.${place.name} } not found`;
    reports.warnProxy(concerned, `Route Warning: InvalidDestinationWarning. Reason: ${words}`);
  }
};

/** Makes the routes of a VirtualService, as Gloo's control plane does. */
export const translate = (
  service: KubeObject,
  { view, ask }: { readonly view: ObjectView; readonly ask: AskGloo },
): Translation => {
  const reports = new GlooReports();
  const routes = routesBelow(service, { view, reports });
  const owners = new Set([service, ...routes.map(({ owner }) => owner)]);
  for (const object of owners) {
    const words = ask(object);
    if (words !== undefined) reports.fail(object, words);
  }
  for (const leaf of routes) checkDestinations(leaf, { service, view, reports });
  return { routes, reports };
};
