import { at, canonicalJson, listAt, numberAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { SERVICE_NAME_LABEL } from '../workloads/endpoint-slice-controller.ts';
import { hasLabels } from '../workloads/label-selector.ts';
import type { ObjectView, Place } from './object-view.ts';

export type ServicePort = { readonly namespace: string; readonly service: string; readonly port: number | string };

/** The pods that a request may go to: those of a Service port, or those of them that have all of these labels. */
export type Target = ServicePort & { readonly labels?: Labels | undefined };

export type Endpoint = {
  readonly address: string;
  readonly port: number;
  /** Name and namespace of the pod; absent when the EndpointSlice does not say. */
  readonly pod?: Required<Place> | undefined;
};

type Labels = Readonly<Record<string, string>>;

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
  readonly #labelsOf: (pod: Required<Place>) => Labels;
  readonly #slices = new Map<string, Set<string>>();
  readonly #rotations = new Map<string, Map<string, Rotation>>();

  /** `labelsOf` tells the labels of a pod. */
  constructor(view: ObjectView, labelsOf: (pod: Required<Place>) => Labels) {
    this.#view = view;
    this.#labelsOf = labelsOf;
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
  pick(target: Target): Endpoint | 'none' | 'missing' {
    const rotation = this.#rotationOf(target);
    if (rotation === undefined) return 'missing';
    return rotation.endpoints[rotation.next++ % rotation.endpoints.length] ?? 'none';
  }

  /** Every ready endpoint; empty also when Service or port do not exist. */
  all(target: Target): readonly Endpoint[] {
    return this.#rotationOf(target)?.endpoints ?? [];
  }

  /** True when the Service has a ready endpoint. */
  hasReady(target: Target): boolean {
    return this.all(target).length > 0;
  }

  #rotationOf(target: Target): Rotation | undefined {
    const key = `${target.namespace}/${target.service}`;
    const rotations = this.#rotations.get(key) ?? new Map<string, Rotation>();
    const within = target.labels === undefined ? `${target.port}` : `${target.port} ${canonicalJson(target.labels)}`;
    const known = rotations.get(within);
    if (known !== undefined) return known;
    const port = servicePortOf(this.#view, target);
    if (port === undefined) return undefined;
    const rotation = { endpoints: this.#ready(target, stringAt(port, 'name') ?? ''), next: 0 };
    this.#rotations.set(key, rotations.set(within, rotation));
    return rotation;
  }

  #ready({ namespace, service, labels = {} }: Target, portName: string): readonly Endpoint[] {
    const found = new Map<string, Endpoint>();
    for (const name of this.#slices.get(`${namespace}/${service}`) ?? []) {
      const slice = this.#view.get('EndpointSlice', { namespace, name });
      const port = listAt(slice, 'ports').find((candidate) => (stringAt(candidate, 'name') ?? '') === portName);
      const number = numberAt(port, 'port');
      if (number === undefined) continue;
      for (const endpoint of listAt(slice, 'endpoints')) {
        if (at(endpoint, 'conditions', 'ready') === false) continue;
        const address = stringAt(endpoint, 'addresses', 0);
        const podName = stringAt(endpoint, 'targetRef', 'name');
        const pod = podName === undefined ? undefined : { namespace, name: podName };
        const isWanted =
          Object.keys(labels).length === 0 || (pod !== undefined && hasLabels(this.#labelsOf(pod), labels));
        if (address !== undefined && isWanted) found.set(address, { address, port: number, pod });
      }
    }
    return [...found.values()];
  }
}
