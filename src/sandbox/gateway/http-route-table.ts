import { hashOf } from '../../lib/hash.ts';
import { at, listAt, numberAt, stringAt } from '../../lib/json.ts';
import { type KubeObject, keyOf } from '../../lib/kube-object.ts';
import { oldestFirst } from '../workloads/oldest-first.ts';
import { type BackendRef, backendRefOf, backendRefsOf, usesService } from './backend-ref.ts';
import { bySpecificity, covers } from './hostnames.ts';
import type { GatewayKind, ObjectView } from './object-view.ts';
import { byPrecedence, compileMatch, matches, type ParsedRequest, type RequestMatch } from './request-match.ts';
import { type AttachmentOptions, attachmentsOf } from './route-attachment.ts';
import type { RouteImplementation } from './route-implementation.ts';

/** A backend with its place in the rule, which is part of its name in the metrics. */
export type RuleBackend = BackendRef & { readonly position: number };

/** One match of one rule on one host: where a request goes. */
export type HttpRouteEntry = {
  readonly hostname: string;
  readonly match: RequestMatch;
  /** The backend of the next request. All entries of the rule share it, so that the split is over the rule's requests. */
  readonly next: () => RuleBackend | undefined;
  /** Where copies go, and of how many percent of the requests. */
  readonly mirrors: readonly { readonly backend: BackendRef; readonly percent: number }[];
  /** The name that Traefik's metrics give the backend. */
  readonly metricName: (backend: RuleBackend) => string;
};

export type HttpRouteTableOptions = AttachmentOptions & Pick<RouteImplementation, 'choose'>;

/** Kinds that HTTPRoutes depend on. */
const READ: readonly GatewayKind[] = ['HTTPRoute', 'Service', 'Gateway', 'GatewayClass', 'Namespace', 'ReferenceGrant'];

/** All accepted HTTPRoutes of a view, compiled route by route when they are first needed after a change. */
export class HttpRouteTable {
  readonly #options: HttpRouteTableOptions;
  readonly #compiled = new Map<string, readonly HttpRouteEntry[]>();
  #hosts: ReadonlyMap<string, readonly HttpRouteEntry[]> | undefined;

  constructor(options: HttpRouteTableOptions) {
    this.#options = options;
  }

  /** Must be told everything that has changed in the view. */
  changed(kind: GatewayKind, object: KubeObject): void {
    if (!READ.includes(kind)) return;
    this.#hosts = undefined;
    if (kind === 'HTTPRoute') this.#compiled.delete(keyOf(object.metadata));
    else if (kind === 'Service') this.#forgetUsersOf(object);
    else this.#compiled.clear();
  }

  /** The entry that the request belongs to, by Gateway API's order of precedence. */
  find(request: ParsedRequest): HttpRouteEntry | undefined {
    this.#hosts ??= this.#build();
    for (const [hostname, entries] of this.#hosts) {
      if (!covers(hostname, request.host)) continue;
      const entry = entries.find(({ match }) => matches(match, request));
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  #forgetUsersOf(service: KubeObject): void {
    for (const route of this.#options.view.list('HTTPRoute')) {
      if (usesService(route, service)) this.#compiled.delete(keyOf(route.metadata));
    }
  }

  #build(): ReadonlyMap<string, readonly HttpRouteEntry[]> {
    const entries = [...this.#options.view.list('HTTPRoute')].sort(oldestFirst).flatMap((route) => {
      const key = keyOf(route.metadata);
      const known = this.#compiled.get(key) ?? compileRoute(route, this.#options);
      this.#compiled.set(key, known);
      return known;
    });
    const hosts = [...Map.groupBy(entries, ({ hostname }) => hostname)].sort(([a], [b]) => bySpecificity(a, b));
    return new Map(hosts.map(([hostname, of]) => [hostname, of.toSorted((a, b) => byPrecedence(a.match, b.match))]));
  }
}

const compileRoute = (route: KubeObject, options: HttpRouteTableOptions): readonly HttpRouteEntry[] => {
  const { namespace = '', name } = route.metadata;
  const rules = listAt(route, 'spec', 'rules').map((rule) => ({
    matches: listAt(rule, 'matches').length === 0 ? [undefined] : listAt(rule, 'matches'),
    next: options.choose(backendRefsOf(route, rule, options.view).map((ref, position) => ({ ...ref, position }))),
    mirrors: mirrorsOf(rule, { from: namespace, view: options.view }),
  }));
  return attachmentsOf(route, options).flatMap(({ accepted, gateway, hostnames }) => {
    if (!accepted.ok) return [];
    return rules.flatMap((rule, ruleIndex) =>
      rule.matches.flatMap((written) => {
        const match = compileMatch(written);
        const hash = hashOf([hostnames, written]).slice(0, 20);
        const router = `httproute-${namespace}-${name}-gw-${gateway.namespace}-${gateway.name}-ep-web-${ruleIndex}-${hash}`;
        const metricName = ({ target, position }: RuleBackend): string =>
          `${router}-svc-${target.namespace}-${target.service}-${position}@kubernetesgateway`;
        const { next, mirrors } = rule;
        return hostnames.map((hostname) => ({ hostname, match, next, mirrors, metricName }));
      }),
    );
  });
};

/** A fraction of the requests is written as one, or as a percentage; all of them where neither is. */
const percentOf = (mirror: unknown): number => {
  const numerator = numberAt(mirror, 'fraction', 'numerator');
  if (numerator !== undefined) return (numerator * 100) / (numberAt(mirror, 'fraction', 'denominator') ?? 100);
  return numberAt(mirror, 'percent') ?? 100;
};

const mirrorsOf = (
  rule: unknown,
  where: { readonly from: string; readonly view: ObjectView },
): HttpRouteEntry['mirrors'] =>
  listAt(rule, 'filters')
    .filter((filter) => stringAt(filter, 'type') === 'RequestMirror')
    .map((filter) => at(filter, 'requestMirror'))
    .map((mirror) => ({ backend: backendRefOf(at(mirror, 'backendRef'), where), percent: percentOf(mirror) }));
