import { at, listAt, numberAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { SERVICE_NAME_LABEL } from '../workloads/endpoint-slice-controller.ts';
import type { ObjectView } from './object-view.ts';

export type ServicePort = { readonly namespace: string; readonly service: string; readonly port: number | string };
export type Endpoint = { readonly address: string; readonly port: number };

/** Round robin over the ready endpoints of one Service port. */
type Rotation = { readonly endpoints: readonly Endpoint[]; next: number };

/** The Service's entry for this port, by number or by name; undefined when the Service or the port is missing. */
export const servicePortOf = (view: ObjectView, { namespace, service, port }: ServicePort): unknown =>
  listAt(view.get('Service', { namespace, name: service }), 'spec', 'ports').find(
    (candidate) => (typeof port === 'number' ? numberAt(candidate, 'port') : stringAt(candidate, 'name')) === port,
  );

/** The pods behind Services, as the EndpointSlices of a view name them: only ready ones, each in its turn. */
export class ServiceEndpoints {
  readonly #view: ObjectView;
  readonly #slices = new Map<string, Set<string>>();
  readonly #rotations = new Map<string, Map<number | string, Rotation>>();

  constructor(view: ObjectView) {
    this.#view = view;
  }

  /** Must be told every Service and EndpointSlice that has changed in the view. */
  changed(object: KubeObject): void {
    const { namespace = '', name, labels = {} } = object.metadata;
    if (object.kind === 'Service') this.#rotations.delete(`${namespace}/${name}`);
    if (object.kind !== 'EndpointSlice') return;
    const key = `${namespace}/${labels[SERVICE_NAME_LABEL] ?? ''}`;
    const slices = this.#slices.get(key) ?? new Set();
    if (this.#view.get('EndpointSlice', { namespace, name }) === undefined) slices.delete(name);
    else slices.add(name);
    if (slices.size === 0) this.#slices.delete(key);
    else this.#slices.set(key, slices);
    this.#rotations.delete(key);
  }

  /** The next ready endpoint; `none` when there is none, `missing` when Service or port do not exist. */
  pick(target: ServicePort): Endpoint | 'none' | 'missing' {
    const rotation = this.#rotationOf(target);
    if (rotation === undefined) return 'missing';
    return rotation.endpoints[rotation.next++ % rotation.endpoints.length] ?? 'none';
  }

  /** True when the Service has a ready endpoint. */
  hasReady(target: ServicePort): boolean {
    return (this.#rotationOf(target)?.endpoints.length ?? 0) > 0;
  }

  #rotationOf(target: ServicePort): Rotation | undefined {
    const key = `${target.namespace}/${target.service}`;
    const rotations = this.#rotations.get(key) ?? new Map<number | string, Rotation>();
    const known = rotations.get(target.port);
    if (known !== undefined) return known;
    const port = servicePortOf(this.#view, target);
    if (port === undefined) return undefined;
    const rotation = { endpoints: this.#ready(target, stringAt(port, 'name') ?? ''), next: 0 };
    this.#rotations.set(key, rotations.set(target.port, rotation));
    return rotation;
  }

  #ready({ namespace, service }: ServicePort, portName: string): readonly Endpoint[] {
    const found = new Map<string, Endpoint>();
    for (const name of this.#slices.get(`${namespace}/${service}`) ?? []) {
      const slice = this.#view.get('EndpointSlice', { namespace, name });
      const port = listAt(slice, 'ports').find((candidate) => (stringAt(candidate, 'name') ?? '') === portName);
      const number = numberAt(port, 'port');
      if (number === undefined) continue;
      for (const endpoint of listAt(slice, 'endpoints')) {
        if (at(endpoint, 'conditions', 'ready') === false) continue;
        const address = stringAt(endpoint, 'addresses', 0);
        if (address !== undefined) found.set(address, { address, port: number });
      }
    }
    return [...found.values()];
  }
}
