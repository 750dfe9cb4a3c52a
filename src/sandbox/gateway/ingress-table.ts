import { listAt, numberAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { oldestFirst } from '../workloads/oldest-first.ts';
import { type CanaryPolicy, canaryPolicy, isCanary } from './canary-policy.ts';
import { bySpecificity, covers } from './hostnames.ts';
import type { ObjectView } from './object-view.ts';
import { type ParsedRequest, underPath } from './request-match.ts';
import type { ServicePort } from './service-endpoints.ts';

/** One host and path of a primary Ingress, with the canary that shadows it. */
export type IngressLocation = {
  readonly namespace: string;
  readonly ingress: string;
  readonly host: string;
  readonly path: string;
  readonly exact: boolean;
  readonly target: ServicePort;
  readonly canary: { readonly target: ServicePort; readonly policy: CanaryPolicy } | undefined;
};

type Written = Omit<IngressLocation, 'canary'> & { readonly object: KubeObject };

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

const hasClass = (ingress: KubeObject, className: string): boolean =>
  (stringAt(ingress, 'spec', 'ingressClassName') ?? ingress.metadata.annotations?.[CLASS_ANNOTATION]) === className;

const locationsOf = (object: KubeObject): readonly Written[] => {
  const { namespace = '', name } = object.metadata;
  return listAt(object, 'spec', 'rules').flatMap((rule) =>
    listAt(rule, 'http', 'paths').map((entry) => ({
      object,
      namespace,
      ingress: name,
      host: stringAt(rule, 'host') ?? '*',
      path: stringAt(entry, 'path') ?? '/',
      exact: stringAt(entry, 'pathType') === 'Exact',
      target: {
        namespace,
        service: stringAt(entry, 'backend', 'service', 'name') ?? '',
        port:
          numberAt(entry, 'backend', 'service', 'port', 'number') ??
          stringAt(entry, 'backend', 'service', 'port', 'name') ??
          0,
      },
    })),
  );
};

const placeOf = ({ host, path, exact }: Written): string => `${host} ${path} ${exact}`;
const upstreamOf = ({ target }: Written): string => `${target.namespace}/${target.service}/${target.port}`;

/** The first of each place: of two Ingresses on the same host and path the older one wins. */
const firsts = (locations: readonly Written[]): ReadonlyMap<string, Written> => {
  const found = new Map<string, Written>();
  for (const location of locations) if (!found.has(placeOf(location))) found.set(placeOf(location), location);
  return found;
};

/**
 * All Ingresses of one class in a view, as ingress-nginx reads them. A canary counts only with a primary on exactly
 * its host and path, one per place, and only when no primary uses its Service. TLS and defaultBackend are ignored.
 */
export class IngressTable {
  readonly #view: ObjectView;
  readonly #className: string;
  #hosts: ReadonlyMap<string, readonly IngressLocation[]> | undefined;

  constructor({ view, className }: { readonly view: ObjectView; readonly className: string }) {
    this.#view = view;
    this.#className = className;
  }

  /** Must be called when an Ingress has changed in the view. */
  changed(): void {
    this.#hosts = undefined;
  }

  /** Exact paths before prefixes, long prefixes before short ones, of the most specific host. */
  find({ host, path }: ParsedRequest): IngressLocation | undefined {
    this.#hosts ??= this.#build();
    for (const [hostname, locations] of this.#hosts) {
      if (!covers(hostname, host)) continue;
      const location = locations.find((one) => (one.exact ? path === one.path : underPath(path, one.path)));
      if (location !== undefined) return location;
    }
    return undefined;
  }

  #build(): ReadonlyMap<string, readonly IngressLocation[]> {
    const ingresses = this.#view.list('Ingress').filter((ingress) => hasClass(ingress, this.#className));
    const all = ingresses.toSorted(oldestFirst).flatMap(locationsOf);
    const primaries = firsts(all.filter(({ object }) => !isCanary(object)));
    const serving = new Set([...primaries.values()].map(upstreamOf));
    const canaries = firsts(all.filter((location) => isCanary(location.object) && !serving.has(upstreamOf(location))));
    const locations = [...primaries].map(([place, { object: _, ...location }]): IngressLocation => {
      const canary = canaries.get(place);
      return { ...location, canary: canary && { target: canary.target, policy: canaryPolicy(canary.object) } };
    });
    const order = (a: IngressLocation, b: IngressLocation): number =>
      Number(b.exact) - Number(a.exact) || b.path.length - a.path.length;
    const hosts = [...Map.groupBy(locations, ({ host }) => host)].sort(([a], [b]) => bySpecificity(a, b));
    return new Map(hosts.map(([host, of]) => [host, of.toSorted(order)]));
  }
}
