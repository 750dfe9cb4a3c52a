import type { Cancel, Clock } from '../../lib/clock.ts';
import { ConnectionError, type HttpHandler, type HttpRequest, VERSION_HEADER } from '../network/http.ts';
import { createHttpClient } from '../network/http-client.ts';
import { difference, type LoadCount, LoadCounter } from './load-count.ts';

/** The answers of one second, for a chart. */
export type LoadSecond = LoadCount & {
  /** Start of the second, milliseconds since the epoch. */
  readonly at: number;
};

export type LoadOptions = {
  readonly clock: Clock;
  readonly requestsPerSecond: number;
  /** The gateway: its `handle` in process, or `overHttp` of its port. */
  readonly send: HttpHandler;
  /** The n-th request, from 0; a bare GET of `/` to `host` unless this says otherwise. */
  readonly request?: (n: number) => HttpRequest;
  readonly host?: string;
  /** Seconds that `overTime` remembers. */
  readonly historySeconds?: number;
};

export type Load = {
  /** Everything so far. Kept, it is a mark for `since`. */
  readonly snapshot: () => LoadCount;
  /** What came after a snapshot. */
  readonly since: (mark: LoadCount) => LoadCount;
  /** The last seconds, oldest first; the current one is not complete. */
  readonly overTime: () => readonly LoadSecond[];
  /** Sends nothing more; resolves when the last answer is there. */
  readonly stop: () => Promise<void>;
};

/** Sends to a port on loopback with kept-alive connections; `close` ends them. */
export const overHttp = (port: number): { readonly send: HttpHandler; readonly close: () => void } => {
  const client = createHttpClient();
  return { send: (request) => client.send(port, request), close: client.close };
};

/**
 * Steady load, open loop: requests go out on their schedule however slow the answers are. What falls due while the
 * process was busy is sent at once, so that the rate holds on average.
 */
export const startLoad = (options: LoadOptions): Load => {
  const { clock, requestsPerSecond, send, host = 'localhost', historySeconds = 600 } = options;
  const { request = () => ({ method: 'GET', host, path: '/', headers: {} }) } = options;
  if (!(requestsPerSecond > 0)) {
    throw new RangeError(`Cannot send ${requestsPerSecond} requests a second: want more than 0`);
  }
  const total = new LoadCounter();
  const seconds = new Map<number, LoadCounter>();
  const inFlight = new Set<Promise<void>>();
  const begun = clock.monotonic();
  let sent = 0;
  let timer: Cancel | undefined;

  const count = (version: string | undefined, failed: boolean): void => {
    total.add(version, failed);
    const second = Math.floor(clock.now() / 1000) * 1000;
    let counter = seconds.get(second);
    if (counter === undefined) {
      counter = new LoadCounter();
      seconds.set(second, counter);
      const [oldest] = seconds.keys();
      if (seconds.size > historySeconds && oldest !== undefined) seconds.delete(oldest);
    }
    counter.add(version, failed);
  };

  const sendOne = async (n: number): Promise<void> => {
    try {
      const answer = await send(request(n));
      count(answer.headers[VERSION_HEADER], answer.status >= 400);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      count(undefined, true);
    }
  };

  const tick = (): void => {
    const due = Math.floor(((clock.monotonic() - begun) * requestsPerSecond) / 1000 + 1e-6) + 1;
    while (sent < due) {
      const one = sendOne(sent++).finally(() => inFlight.delete(one));
      inFlight.add(one);
    }
    const wait = begun + (sent * 1000) / requestsPerSecond - clock.monotonic();
    // A clock that counts the ms since the epoch knows no shorter time, and would stand still.
    timer = clock.after(Math.max(wait, 0.01), tick);
  };
  tick();

  return {
    snapshot: () => total.count(),
    since: (mark) => difference(total.count(), mark),
    overTime: () => [...seconds].map(([at, counter]) => ({ at, ...counter.count() })),
    stop: async () => {
      timer?.();
      await Promise.all(inFlight);
    },
  };
};
