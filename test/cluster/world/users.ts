import { systemClock } from '#src/lib/clock.ts';
import { messageOf } from '#src/lib/message-of.ts';
import type { LoadCount } from '#src/sandbox/load/load-count.ts';
import { type Load, overHttp, startLoad } from '#src/sandbox/load/start-load.ts';
import type { HttpHandler } from '#src/sandbox/network/http.ts';
import { SERVED_BY_HEADER } from '../kubelet/served-process.ts';
import { PORTS } from '../rig/rig.ts';
import type { Place } from './place.ts';

/** The application's users, on kept-alive connections through the gateway; what they count judges. */
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

export const startUsers = ({ host }: Place, rates: { readonly quick: number; readonly slow: number }): Users => {
  const client = overHttp(PORTS.web);
  const served = new Map<string, number>();
  const failures: string[] = [];
  const failed = (path: string, what: string): void => {
    if (failures.length < 200) failures.push(`${new Date().toISOString()} ${path}: ${what}`);
  };
  const send: HttpHandler = async (request) => {
    const answer = await client.send(request).catch((error: unknown) => {
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
  const quick = startLoad({ ...common, requestsPerSecond: rates.quick, request: get('/') });
  const slow = startLoad({ ...common, requestsPerSecond: rates.slow, request: get(`/slow?ms=${SLOW_MS}`) });
  return {
    quick,
    slow,
    servedBy: () => new Map(served),
    failures: () => failures,
    stop: async () => {
      await Promise.all([quick.stop(), slow.stop()]);
      client.close();
    },
  };
};

/** Failures that are not the fault of these versions: of other versions, and of the way to them. */
export const failuresBeside = (count: LoadCount, versions: readonly string[]): number =>
  count.failures - versions.reduce((sum, version) => sum + (count.versions[version]?.failures ?? 0), 0);
