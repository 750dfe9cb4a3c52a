import { at, isRecord, listAt, stringAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';

/** One ready address behind a Service. */
export type ReadyEndpoint = {
  /** Name of the pod behind it; undefined when it is none. */
  readonly pod: string | undefined;
  readonly address: string;
};

/**
 * Ready endpoints of a Service's EndpointSlices, each pod once however many slices and address families it stands in.
 * An endpoint without a `ready` condition counts as ready, as the API defines it.
 */
export const readyEndpoints = (slices: readonly KubeObject[]): readonly ReadyEndpoint[] => {
  const found = new Map<string, ReadyEndpoint>();
  for (const endpoint of slices.flatMap((slice) => listAt(slice, 'endpoints')).filter(isRecord)) {
    if (at(endpoint, 'conditions', 'ready') === false) continue;
    const pod = stringAt(endpoint, 'targetRef', 'kind') === 'Pod' ? stringAt(endpoint, 'targetRef', 'name') : undefined;
    const address = stringAt(endpoint, 'addresses', 0) ?? '';
    found.set(pod ?? address, { pod, address });
  }
  return [...found.values()];
};
