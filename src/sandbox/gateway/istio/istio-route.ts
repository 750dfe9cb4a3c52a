import { at, isRecord, listAt, numberAt, recordAt, stringAt } from '../../../lib/json.ts';
import type { Random } from '../../../lib/random.ts';
import { type HttpRequest, textAnswer } from '../../network/http.ts';
import type { Forward, Passage } from '../data-plane.ts';
import { ENVOY_FAILURES, NO_CLUSTER } from '../envoy/failures.ts';
import { type OrderedRoute, Unsupported } from '../envoy/ordered-route.ts';
import { changed } from '../envoy/request-changes.ts';
import { byWeight, inPercent } from '../envoy/weighted-chance.ts';
import { changedHeaders } from '../header-changes.ts';
import type { ParsedRequest } from '../request-match.ts';
import type { IstioClusters } from './istio-clusters.ts';
import type { IstioMetrics } from './istio-metrics.ts';
import { answerChanges, requestChanges } from './istio-rewrite.ts';

export type IstioRouteOptions = {
  readonly namespace: string;
  readonly clusters: IstioClusters;
  readonly random: Random;
  readonly metrics: IstioMetrics;
};

/** Fields of a route that decide nothing here: how long and how often is tried, and what browsers may read. */
const PASSED_OVER = ['name', 'match', 'timeout', 'retries', 'corsPolicy'];
const READ = ['route', 'redirect', 'directResponse', 'rewrite', 'headers'];
const MIRRORS = ['mirror', 'mirrors', 'mirrorPercentage', 'mirrorPercent', 'mirror_percent'];

const redirectTo = (route: unknown, { host, request }: ParsedRequest): Passage => {
  const [authority, uri] = [stringAt(route, 'redirect', 'authority'), stringAt(route, 'redirect', 'uri')];
  const location = `http://${authority ?? host}${uri ?? request.path}`;
  const answer = { ...textAnswer(numberAt(route, 'redirect', 'redirectCode') ?? 301, ''), headers: { location } };
  return { type: 'answer', answer };
};

/** Where copies go, and of how many percent of the requests. */
const mirrorsOf = (route: unknown): readonly { readonly destination: unknown; readonly percent: number }[] => {
  const old = numberAt(route, 'mirrorPercent') ?? numberAt(route, 'mirror_percent');
  const one = numberAt(route, 'mirrorPercentage', 'value') ?? old ?? 100;
  const first = isRecord(at(route, 'mirror')) ? [{ destination: at(route, 'mirror'), percent: one }] : [];
  const more = listAt(route, 'mirrors').map((mirror) => ({
    destination: at(mirror, 'destination'),
    percent: numberAt(mirror, 'percentage', 'value') ?? 100,
  }));
  return [...first, ...more];
};

/** A destination that stands alone takes everything, whatever its weight; one of weight 0 beside others nothing. */
const weighted = (route: unknown): readonly { readonly entry: unknown; readonly weight: number }[] => {
  const entries = listAt(route, 'route');
  return entries.map((entry) => ({ entry, weight: entries.length === 1 ? 1 : (numberAt(entry, 'weight') ?? 0) }));
};

/** What a route of a VirtualService does with a request that it takes. Throws Unsupported for what it may not pass over. */
export const leadOf = (route: unknown, options: IstioRouteOptions): OrderedRoute['lead'] => {
  const { namespace, clusters, random, metrics } = options;
  const known = [...PASSED_OVER, ...READ, ...MIRRORS];
  const foreign = Object.keys(recordAt(route)).find((field) => !known.includes(field));
  if (foreign !== undefined) throw new Unsupported(foreign);
  const direct = numberAt(route, 'directResponse', 'status');
  if (direct !== undefined) {
    const answer = textAnswer(direct, stringAt(route, 'directResponse', 'body', 'string') ?? '');
    return () => ({ type: 'answer', answer });
  }
  if (at(route, 'redirect') !== undefined) return (parsed) => redirectTo(route, parsed);
  const destinations = weighted(route);
  const mirrors = mirrorsOf(route);

  const copiesOf = (request: HttpRequest): readonly Forward[] =>
    mirrors.flatMap(({ destination, percent }): readonly Forward[] => {
      const to = clusters.targetOf(destination, namespace);
      if (to === undefined || !inPercent(percent, random)) return [];
      const copy = { ...request, host: `${request.host}-shadow` };
      return [{ target: to.target, request: copy, count: (outcome) => metrics(to.service, outcome, { isCopy: true }) }];
    });

  return ({ request }) => {
    const chosen = byWeight(destinations, random)?.entry;
    const to = clusters.targetOf(at(chosen, 'destination'), namespace);
    if (to === undefined) return NO_CLUSTER;
    const sent = requestChanges(route, chosen).reduce(changed, request);
    const answered = answerChanges(route, chosen);
    return {
      type: 'forward',
      target: to.target,
      request: sent,
      failures: ENVOY_FAILURES,
      copies: copiesOf(sent),
      respond: (answer) => ({ ...answer, headers: answered.reduce(changedHeaders, answer.headers) }),
      count: (outcome) => metrics(to.service, outcome),
    };
  };
};
