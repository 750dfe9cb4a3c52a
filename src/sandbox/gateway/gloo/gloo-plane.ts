import { at, isRecord, type JsonRecord, listAt, numberAt, recordAt, stringAt } from '../../../lib/json.ts';
import { type KubeObject, keyOf } from '../../../lib/kube-object.ts';
import type { Random } from '../../../lib/random.ts';
import { type HttpRequest, textAnswer } from '../../network/http.ts';
import { oldestFirst } from '../../workloads/oldest-first.ts';
import type { DataPlane, Forward } from '../data-plane.ts';
import type { ClusterMetrics } from '../envoy/cluster-metrics.ts';
import { ENVOY_FAILURES, NO_CLUSTER, NO_ROUTE } from '../envoy/failures.ts';
import { leadBy, type OrderedRoute, routeOrWords, Unsupported } from '../envoy/ordered-route.ts';
import { changed } from '../envoy/request-changes.ts';
import { byWeight, inPercent } from '../envoy/weighted-chance.ts';
import { changedHeaders } from '../header-changes.ts';
import { bySpecificity, covers } from '../hostnames.ts';
import type { GatewayKind, ObjectView } from '../object-view.ts';
import { matcherTest } from './gloo-match.ts';
import { answerChanges, requestChanges } from './gloo-rewrite.ts';
import type { LeafRoute } from './route-tree.ts';
import { type AskGloo, translate } from './translate.ts';
import { clusterOf, destinationsOf, upstreamPlace } from './upstreams.ts';

const READ: readonly GatewayKind[] = ['GlooVirtualService', 'RouteTable', 'Upstream'];

/** Options of a route that decide nothing here: how long and how often is tried, and what browsers may read. */
const PASSED_OVER = ['timeout', 'retries', 'cors'];
const CHANGES = ['prefixRewrite', 'regexRewrite', 'hostRewrite', 'headerManipulation', 'shadowing'];

export type GlooPlaneOptions = {
  readonly view: ObjectView;
  readonly random: Random;
  readonly metrics: ClusterMetrics;
  readonly ask: AskGloo;
};

type VirtualHost = { readonly host: string; readonly routes: readonly OrderedRoute[] };

/**
 * VirtualServices of Gloo Edge with the RouteTables that they delegate to; a Gateway takes all of them. What Gloo rejects
 * changes nothing: the last configuration that it has accepted is served on.
 */
export const glooPlane = ({ view, random, metrics, ask }: GlooPlaneOptions): DataPlane => {
  const accepted = new Map<string, readonly OrderedRoute[]>();
  let hosts: readonly VirtualHost[] | undefined;

  const copiesOf = (leaf: LeafRoute, request: HttpRequest): readonly Forward[] => {
    const shadowing = at(leaf.route, 'options', 'shadowing');
    if (shadowing === undefined) return [];
    const cluster = clusterOf(upstreamPlace(shadowing, leaf.owner), view);
    if (cluster === undefined || !inPercent(numberAt(shadowing, 'percentage') ?? 0, random)) return [];
    const copy = { ...request, host: `${request.host}-shadow` };
    return [{ target: cluster.target, request: copy, count: (outcome) => count(cluster.name, outcome) }];
  };

  const count = (cluster: string, served: Parameters<ClusterMetrics>[1]): void =>
    metrics({ envoy_cluster_name: cluster }, served);

  const leadTo = (leaf: LeafRoute): OrderedRoute['lead'] => {
    const { route, owner } = leaf;
    const destinations = destinationsOf(route);
    return ({ request }) => {
      const chosen = byWeight(destinations, random);
      const cluster = chosen && clusterOf(upstreamPlace(chosen.destination, owner), view);
      if (cluster === undefined) return NO_CLUSTER;
      const sent = changed(request, requestChanges(leaf));
      const answered = answerChanges(leaf, chosen?.options);
      return {
        type: 'forward',
        target: cluster.target,
        request: sent,
        failures: ENVOY_FAILURES,
        copies: copiesOf(leaf, sent),
        respond: (answer) => ({ ...answer, headers: answered.reduce(changedHeaders, answer.headers) }),
        count: (outcome) => count(cluster.name, outcome),
      };
    };
  };

  const leadOf = (leaf: LeafRoute): OrderedRoute['lead'] => {
    const { route } = leaf;
    const foreign = foreignTo(route);
    if (foreign !== undefined) throw new Unsupported(foreign);
    const direct = numberAt(route, 'directResponseAction', 'status');
    if (direct === undefined) return leadTo(leaf);
    const answer = textAnswer(direct, stringAt(route, 'directResponseAction', 'body') ?? '');
    return () => ({ type: 'answer', answer });
  };

  const compile = (leaf: LeafRoute): OrderedRoute => {
    const tests = leaf.matchers.map(matcherTest);
    return { fits: (request) => tests.some((test) => test(request)), lead: leadOf(leaf) };
  };

  const routesOf = (service: KubeObject): readonly OrderedRoute[] => {
    const key = keyOf(service.metadata);
    const { routes, reports } = translate(service, { view, ask });
    if (!reports.isRejected)
      accepted.set(
        key,
        routes.map((leaf) => routeOrWords(() => compile(leaf))),
      );
    return accepted.get(key) ?? [];
  };

  const build = (): readonly VirtualHost[] => {
    const services = [...view.list('GlooVirtualService')].sort(oldestFirst);
    const known = new Set(services.map(({ metadata }) => keyOf(metadata)));
    for (const key of accepted.keys()) if (!known.has(key)) accepted.delete(key);
    return services
      .flatMap((service) => {
        const routes = routesOf(service);
        const domains = listAt(service, 'spec', 'virtualHost', 'domains').map(String);
        return (domains.length === 0 ? ['*'] : domains).map((host) => ({ host, routes }));
      })
      .sort((a, b) => bySpecificity(a.host, b.host));
  };

  return {
    changed: (kind) => {
      // At once: what is served on after a rejection is what stood here before.
      if (READ.includes(kind)) hosts = build();
    },
    find: (request) => {
      const behind = hosts?.find(({ host }) => covers(host, request.host));
      return behind && (leadBy(behind.routes, request) ?? NO_ROUTE);
    },
  };
};

/** What of a route the sandbox's gateway does not do. */
const foreignTo = (route: JsonRecord): string | undefined => {
  const option = Object.keys(recordAt(route, 'options')).find((name) => ![...PASSED_OVER, ...CHANGES].includes(name));
  if (option !== undefined) return `the option ${option}`;
  if (route['redirectAction'] !== undefined) return 'redirectAction';
  const other = destinationsOf(route).find(({ destination }) => !isRecord(at(destination, 'upstream')));
  if (other !== undefined) return 'destinations other than Upstreams';
  return destinationsOf(route).some(({ destination }) => at(destination, 'subset') !== undefined)
    ? 'subsets'
    : undefined;
};
