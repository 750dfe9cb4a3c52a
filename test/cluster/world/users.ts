import { systemClock } from '#src/lib/clock.ts';
import { messageOf } from '#src/lib/message-of.ts';
import type { LoadCount } from '#src/sandbox/load/load-count.ts';
import { type Load, overHttp, startLoad } from '#src/sandbox/load/start-load.ts';
import type { HttpHandler } from '#src/sandbox/network/http.ts';
import { SERVED_BY_HEADER } from '../kubelet/served-process.ts';
import type { Rig } from '../rig/rig.ts';
import { overXds } from './over-xds.ts';
import { gatewayPort, meshTarget, type Place } from './place.ts';

/** The application's users; what they count judges. */
export type Users = {
  /** Quick requests at a steady rate. */
  readonly quick: Load;
  /** Requests that take three seconds each, some always in flight. */
  readonly slow: Load;
  /** Quick requests by the address of the pod that answered. */
  readonly servedBy: () => ReadonlyMap<string, number>;
  /** The first failures, in words. */
  readonly failures: () => readonly string[];
  readonly stop: () => Promise<void>;
};

export const SLOW_MS = 3000;

type Rates = { readonly quick: number; readonly slow: number };
/** Headers of the n-th quick request. */
export type HeadersOf = (n: number) => Readonly<Record<string, string>>;
type Way = { readonly send: HttpHandler; readonly close: () => void };

const usersBy = (
  { send: ask, close }: Way,
  { host, rates, headers }: { readonly host: string; readonly rates: Rates; readonly headers?: HeadersOf | undefined },
): Users => {
  const served = new Map<string, number>();
  const failures: string[] = [];
  const failed = (path: string, what: string): void => {
    if (failures.length < 200) failures.push(`${new Date().toISOString()} ${path}: ${what}`);
  };
  const send: HttpHandler = async (request) => {
    const answer = await ask(request).catch((error: unknown) => {
      failed(request.path, messageOf(error));
      throw error;
    });
    if (answer.status >= 400) failed(request.path, `${answer.status} ${answer.body.trim()}`);
    const pod = answer.headers[SERVED_BY_HEADER];
    if (pod !== undefined) served.set(pod, (served.get(pod) ?? 0) + 1);
    return answer;
  };
  const common = { clock: systemClock, send };
  const get = (path: string) => () => ({ method: 'GET', host, path, headers: {} });
  const quick = startLoad({
    ...common,
    requestsPerSecond: rates.quick,
    request: (n) => ({ ...get('/')(), headers: { ...headers?.(n) } }),
  });
  const slow = startLoad({ ...common, requestsPerSecond: rates.slow, request: get(`/slow?ms=${SLOW_MS}`) });
  return {
    quick,
    slow,
    servedBy: () => new Map(served),
    failures: () => failures,
    stop: async () => {
      await Promise.all([quick.stop(), slow.stop()]);
      close();
    },
  };
};

/** Users on kept-alive connections to a port. */
export const startUsersAt = (port: number, of: { readonly host: string; readonly rates: Rates }): Users =>
  usersBy(overHttp(port), of);

/** Users on kept-alive connections through the gateway. */
export const startUsers = (place: Place, rates: Rates, headers?: HeadersOf): Users =>
  usersBy(overHttp(gatewayPort(place)), { host: place.host, rates, headers });

/** Another application in Istio's mesh: it calls over gRPC, without a proxy, by the routes that istiod tells it. */
export const startCallers = (rig: Rig, { place, rates }: { readonly place: Place; readonly rates: Rates }): Users => {
  const { namespace } = place;
  const way = overXds(rig, { name: 'caller', namespace, target: meshTarget(place) });
  return usersBy(way, { host: place.host, rates });
};

/** Failures that are not the fault of these versions: of other versions, and of the way to them. */
export const failuresBeside = (count: LoadCount, versions: readonly string[]): number =>
  count.failures - versions.reduce((sum, version) => sum + (count.versions[version]?.failures ?? 0), 0);
