import type { Clock } from '../../../lib/clock.ts';
import { stringAt } from '../../../lib/json.ts';
import type { KubeObject } from '../../../lib/kube-object.ts';
import type { PodNetwork } from '../../network/pod-network.ts';

type Sample = { readonly at: number; readonly requests: number };

/**
 * Requests per second that pods answer, over the time between two looks at them: what an adapter of custom metrics
 * would serve, as late as one. A pod that has been looked at once has no rate yet.
 */
export class PodLoad {
  readonly #network: Pick<PodNetwork, 'requestsTo'>;
  readonly #clock: Clock;
  readonly #samples = new Map<string, readonly Sample[]>();

  constructor({ network, clock }: { readonly network: Pick<PodNetwork, 'requestsTo'>; readonly clock: Clock }) {
    this.#network = network;
    this.#clock = clock;
  }

  /** Looks at these pods; those that are not among them any more are forgotten. */
  sample(pods: readonly KubeObject[]): void {
    const at = this.#clock.now();
    const uids = new Set(pods.map((pod) => pod.metadata.uid ?? ''));
    for (const uid of this.#samples.keys()) if (!uids.has(uid)) this.#samples.delete(uid);
    for (const pod of pods) {
      const address = stringAt(pod, 'status', 'podIP');
      if (address === undefined) continue;
      const before = this.#samples.get(pod.metadata.uid ?? '') ?? [];
      const now = { at, requests: this.#network.requestsTo(address) };
      if (before.at(-1)?.at !== at) this.#samples.set(pod.metadata.uid ?? '', [...before.slice(-1), now]);
    }
  }

  /** Undefined while it is not known. */
  rateOf(pod: KubeObject): number | undefined {
    const [first, last] = this.#samples.get(pod.metadata.uid ?? '') ?? [];
    if (first === undefined || last === undefined) return undefined;
    return ((last.requests - first.requests) * 1000) / (last.at - first.at);
  }
}
