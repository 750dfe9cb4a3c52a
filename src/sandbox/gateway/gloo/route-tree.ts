import { at, isRecord, type JsonRecord, listAt, numberAt, recordAt, stringAt } from '../../../lib/json.ts';
import { type KubeObject, keyOf } from '../../../lib/kube-object.ts';
import { hasLabels } from '../../workloads/label-selector.ts';
import { oldestFirst } from '../../workloads/oldest-first.ts';
import type { ObjectView } from '../object-view.ts';
import { DEFAULT_MATCHER, delegatingMatcher, type Placed, placedBelow } from './delegation.ts';
import type { GlooReports } from './gloo-reports.ts';

/** A route that leads somewhere, with the matchers that it has in its place. */
export type LeafRoute = {
  readonly matchers: readonly JsonRecord[];
  /** As it is written, with its action and options. */
  readonly route: JsonRecord;
  /** Whose route it is: Upstreams without a namespace are of the same. */
  readonly owner: KubeObject;
};

const ACTIONS = ['routeAction', 'redirectAction', 'directResponseAction'];

/** RouteTables that a route delegates to, by their weights; undefined when what it names does not exist. */
const tablesOf = (action: unknown, { owner, view }: { owner: KubeObject; view: ObjectView }): readonly KubeObject[] => {
  const own = owner.metadata.namespace ?? '';
  const ref = at(action, 'ref') ?? (stringAt(action, 'name') === undefined ? undefined : action);
  if (ref !== undefined) {
    const place = { namespace: stringAt(ref, 'namespace') ?? own, name: stringAt(ref, 'name') ?? '' };
    const table = view.get('RouteTable', place);
    return table === undefined ? [] : [table];
  }
  const labels = recordAt(action, 'selector', 'labels');
  const wanted = Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
  const namespaces = listAt(action, 'selector', 'namespaces');
  return view
    .list('RouteTable')
    .filter(({ metadata }) => hasLabels(metadata.labels ?? {}, wanted))
    .filter(({ metadata: { namespace = '' } }) =>
      namespaces.length === 0 ? namespace === own : namespaces.includes('*') || namespaces.includes(namespace),
    )
    .toSorted(
      (a, b) => (numberAt(a, 'spec', 'weight') ?? 0) - (numberAt(b, 'spec', 'weight') ?? 0) || oldestFirst(a, b),
    );
};

/**
 * All routes of a VirtualService in order, those of the RouteTables that it delegates to in their places. What is wrong
 * goes to the reports: a route that does not fit below its parent is left out with a warning, as Gloo does.
 */
export const routesBelow = (
  service: KubeObject,
  { view, reports }: { readonly view: ObjectView; readonly reports: GlooReports },
): readonly LeafRoute[] => {
  const visit = (
    owner: KubeObject,
    {
      routes,
      place,
      path,
    }: { routes: readonly unknown[]; place: (route: unknown) => Placed | string; path: readonly string[] },
  ): readonly LeafRoute[] =>
    routes.filter(isRecord).flatMap((route): readonly LeafRoute[] => {
      const placed = place(route);
      if (typeof placed === 'string') {
        reports.warn(owner, placed);
        return [];
      }
      const action = route['delegateAction'];
      if (action === undefined) {
        if (ACTIONS.some((name) => route[name] !== undefined)) return [{ matchers: placed.matchers, route, owner }];
        reports.fail(owner, 'invalid route: route must specify an action');
        return [];
      }
      const matcher = delegatingMatcher(placed.matchers);
      if (typeof matcher === 'string') {
        reports.fail(owner, matcher);
        return [];
      }
      const tables = tablesOf(action, { owner, view });
      if (tables.length === 0) reports.warn(owner, `route table ${JSON.stringify(action)} missing`);
      return tables.flatMap((table) => {
        const key = keyOf(table.metadata);
        if (path.includes(key)) {
          reports.fail(
            table,
            `invalid route: delegation cycle detected: ${[...path, key].map((one) => `[${one}]`).join(' -> ')}`,
          );
          return [];
        }
        const below = { ...placed, matcher };
        return visit(table, {
          routes: listAt(table, 'spec', 'routes'),
          place: (child) => placedBelow(child, below),
          path: [...path, key],
        });
      });
    });
  const atTop = (route: unknown): Placed => {
    const own = listAt(route, 'matchers').filter(isRecord);
    return {
      matchers: own.length === 0 && at(route, 'delegateAction') === undefined ? [DEFAULT_MATCHER] : own,
      inheritsPath: at(route, 'inheritablePathMatchers') === true,
      inheritsConditions: at(route, 'inheritableMatchers') === true,
    };
  };
  return visit(service, { routes: listAt(service, 'spec', 'virtualHost', 'routes'), place: atTop, path: [] });
};
