import type { KubeRequest } from '../../kube/transport.ts';
import type { Random } from '../../lib/random.ts';
import { asksForWatch } from '../api/query.ts';

/** What can go wrong between a client and the API server. */
export type Fault =
  /** The request is lost on its way: nothing is done, the client sees a broken connection. */
  | { readonly type: 'drop' }
  /** The request is done and its answer is lost: the client sees a broken connection. */
  | { readonly type: 'loseAnswer' }
  /** The request comes late. */
  | { readonly type: 'delay'; readonly ms: number }
  /** The request is done at once and its answer comes late. */
  | { readonly type: 'delayAnswer'; readonly ms: number }
  /** The server refuses with this status and does nothing. */
  | { readonly type: 'refuse'; readonly status: 409 | 410 | 429 | 500 | 503; readonly retryAfterSeconds?: number }
  /** A watch breaks after so many events. */
  | { readonly type: 'cut'; readonly afterEvents: number }
  /** A watch gives every event twice. */
  | { readonly type: 'duplicate' }
  /** A watch gives each event this much later than it could. */
  | { readonly type: 'delayEvents'; readonly ms: number };

/** The fault that meets a request, if any. `index` counts the requests of the transport from 0, watches among them. */
export type FaultPlan = (request: KubeRequest, index: number) => Fault | undefined;

export const isWrite = ({ method }: KubeRequest): boolean => method !== 'GET';

/** Meets the `nth` request (from 0) that `matches` with `fault`, and no other. */
export const faultAt = (
  nth: number,
  fault: Fault,
  matches: (request: KubeRequest) => boolean = () => true,
): FaultPlan => {
  let seen = 0;
  return (request) => (matches(request) && seen++ === nth ? fault : undefined);
};

/**
 * Meets each request with a chance of `rate` and one of `faults` that suits it, by `random`: the same seed and the same
 * requests give the same faults.
 */
export const randomFaults = (
  random: Random,
  { rate, faults }: { readonly rate: number; readonly faults: readonly Fault[] },
): FaultPlan => {
  const forWatches = faults.filter((fault) => !['loseAnswer', 'delayAnswer'].includes(fault.type));
  const forRequests = faults.filter((fault) => !['cut', 'duplicate', 'delayEvents'].includes(fault.type));
  return (request) => {
    const [happens, which] = [random() < rate, random()];
    const suited = asksForWatch(request) ? forWatches : forRequests;
    return happens ? suited[Math.floor(which * suited.length)] : undefined;
  };
};
