import { at, isRecord, listAt, stringAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';

/** One address behind a Service. */
export type Endpoint = {
  /** Name of the pod behind it; undefined when it is none. */
  readonly pod: string | undefined;
  readonly address: string;
  readonly ready: boolean;
};

/**
 * Endpoints of a Service's EndpointSlices, each pod once however many slices and address families it stands in. An
 * endpoint without a `ready` condition counts as ready, as the API defines it.
 */
export const endpointsOf = (slices: readonly KubeObject[]): readonly Endpoint[] => {
  const found = new Map<string, Endpoint>();
  for (const endpoint of slices.flatMap((slice) => listAt(slice, 'endpoints')).filter(isRecord)) {
    const pod = stringAt(endpoint, 'targetRef', 'kind') === 'Pod' ? stringAt(endpoint, 'targetRef', 'name') : undefined;
    const address = stringAt(endpoint, 'addresses', 0) ?? '';
    const key = pod ?? address;
    const ready = at(endpoint, 'conditions', 'ready') !== false || found.get(key)?.ready === true;
    found.set(key, { pod, address, ready });
  }
  return [...found.values()];
};

/** Those of them that are ready. */
export const readyEndpoints = (slices: readonly KubeObject[]): readonly Endpoint[] =>
  endpointsOf(slices).filter(({ ready }) => ready);
