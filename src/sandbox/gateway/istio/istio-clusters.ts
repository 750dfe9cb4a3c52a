import { listAt, numberAt, stringAt, stringsAt } from '../../../lib/json.ts';
import { keyOf } from '../../../lib/kube-object.ts';
import { oldestFirst } from '../../workloads/oldest-first.ts';
import type { ObjectView, Place } from '../object-view.ts';
import type { Target } from '../service-endpoints.ts';
import { serviceNamed } from '../service-names.ts';

type Labels = Readonly<Record<string, string>>;

const DEFAULT_PORT = 80;

/**
 * The Service that a host means in an object of `namespace`, by Istio's rule: a name without a dot is one of that
 * namespace, every other name must be written out in full.
 */
export const serviceOfHost = (host: string, namespace: string): Required<Place> | undefined => {
  const isWhole = !host.includes('.') || host.endsWith('.svc.cluster.local');
  return isWhole ? serviceNamed(host, namespace) : undefined;
};

/** What destinations of routes stand for: Services, and the subsets that DestinationRules make of them. */
export class IstioClusters {
  readonly #view: ObjectView;
  #subsets: ReadonlyMap<string, ReadonlyMap<string, Labels>> | undefined;

  constructor(view: ObjectView) {
    this.#view = view;
  }

  /** Must be called when a DestinationRule has changed. */
  changed(): void {
    this.#subsets = undefined;
  }

  /** The pods of a destination; undefined when there is no such Service, port or subset: the proxies have no cluster. */
  targetOf(
    destination: unknown,
    namespace: string,
  ): { readonly service: Required<Place>; readonly target: Target } | undefined {
    const service = serviceOfHost(stringAt(destination, 'host') ?? '', namespace);
    const ports = listAt(service && this.#view.get('Service', service), 'spec', 'ports').map((port) =>
      numberAt(port, 'port'),
    );
    if (service === undefined || ports.length === 0) return undefined;
    const asked = numberAt(destination, 'port', 'number');
    const port = asked ?? (ports.length === 1 ? ports[0] : DEFAULT_PORT);
    if (port === undefined || !ports.includes(port)) return undefined;
    const subset = stringAt(destination, 'subset');
    const labels = subset === undefined ? undefined : this.#labelsOf(service, subset);
    if (subset !== undefined && labels === undefined) return undefined;
    return { service, target: { namespace: service.namespace, service: service.name, port, labels } };
  }

  #labelsOf(service: Required<Place>, subset: string): Labels | undefined {
    this.#subsets ??= this.#build();
    return this.#subsets.get(keyOf(service))?.get(subset);
  }

  /** Subsets of all DestinationRules for a host are put together; of two of one name the older one counts. */
  #build(): ReadonlyMap<string, ReadonlyMap<string, Labels>> {
    const built = new Map<string, Map<string, Labels>>();
    for (const rule of [...this.#view.list('DestinationRule')].sort(oldestFirst)) {
      const service = serviceOfHost(stringAt(rule, 'spec', 'host') ?? '', rule.metadata.namespace ?? '');
      if (service === undefined) continue;
      const subsets = built.get(keyOf(service)) ?? new Map<string, Labels>();
      built.set(keyOf(service), subsets);
      for (const subset of listAt(rule, 'spec', 'subsets')) {
        const name = stringAt(subset, 'name') ?? '';
        if (!subsets.has(name)) subsets.set(name, stringsAt(subset, 'labels'));
      }
    }
    return built;
  }
}
