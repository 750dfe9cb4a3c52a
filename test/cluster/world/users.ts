import { systemClock } from '#src/lib/clock.ts';
import type { LoadCount } from '#src/sandbox/load/load-count.ts';
import { type Load, overHttp, startLoad } from '#src/sandbox/load/start-load.ts';
import { PORTS } from '../rig/rig.ts';
import type { Place } from './place.ts';

/** The application's users, on kept-alive connections through the gateway; what they count judges. */
export type Users = {
  /** Quick requests at a steady rate. */
  readonly quick: Load;
  /** Requests that take three seconds each, some always in flight. */
  readonly slow: Load;
  readonly stop: () => Promise<void>;
};

export const SLOW_MS = 3000;

export const startUsers = ({ host }: Place, rates: { readonly quick: number; readonly slow: number }): Users => {
  const client = overHttp(PORTS.web);
  const common = { clock: systemClock, send: client.send };
  const get = (path: string) => () => ({ method: 'GET', host, path, headers: {} });
  const quick = startLoad({ ...common, requestsPerSecond: rates.quick, request: get('/') });
  const slow = startLoad({ ...common, requestsPerSecond: rates.slow, request: get(`/slow?ms=${SLOW_MS}`) });
  return {
    quick,
    slow,
    stop: async () => {
      await Promise.all([quick.stop(), slow.stop()]);
      client.close();
    },
  };
};

/** Failures that are not the fault of these versions: of other versions, and of the way to them. */
export const failuresBeside = (count: LoadCount, versions: readonly string[]): number =>
  count.failures - versions.reduce((sum, version) => sum + (count.versions[version]?.failures ?? 0), 0);
