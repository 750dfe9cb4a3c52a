import { systemClock } from '#src/lib/clock.ts';
import type { LoadCount } from '#src/sandbox/load/load-count.ts';
import { type Load, overHttp, startLoad } from '#src/sandbox/load/start-load.ts';
import type { HttpHandler } from '#src/sandbox/network/http.ts';
import { gatewayPort, type Place } from '../../cluster/world/place.ts';
import { SLOW_MS } from '../../cluster/world/users.ts';

export const QUICK_PER_SECOND = 200;
const SLOW_PER_SECOND = 5;
/** Requests of three seconds that are under way at any moment. */
export const SLOW_IN_FLIGHT = (SLOW_PER_SECOND * SLOW_MS) / 1000;

/** What the users have counted since they were marked. */
export type Counted = {
  readonly quick: LoadCount;
  readonly slow: LoadCount;
  /** Longest time in which no quick request was answered. */
  readonly longestGapMs: number;
};

export type SteadyUsers = {
  readonly mark: () => void;
  readonly counted: () => Counted;
  readonly stop: () => Promise<void>;
};

/** Quick and slow requests at a steady rate, on kept-alive connections through the gateway. */
export const startSteadyUsers = (place: Place): SteadyUsers => {
  const { send, close } = overHttp(gatewayPort(place));
  let lastAnswer = performance.now();
  let longestGapMs = 0;
  const noted: HttpHandler = async (request) => {
    const answer = await send(request);
    if (answer.status < 400) {
      const now = performance.now();
      longestGapMs = Math.max(longestGapMs, now - lastAnswer);
      lastAnswer = now;
    }
    return answer;
  };
  const load = (perSecond: number, of: { readonly path: string; readonly send: HttpHandler }): Load =>
    startLoad({
      clock: systemClock,
      requestsPerSecond: perSecond,
      send: of.send,
      request: () => ({ method: 'GET', host: place.host, path: of.path, headers: {} }),
    });
  const quick = load(QUICK_PER_SECOND, { path: '/', send: noted });
  const slow = load(SLOW_PER_SECOND, { path: `/slow?ms=${SLOW_MS}`, send });
  let marks = { quick: quick.snapshot(), slow: slow.snapshot() };
  return {
    mark: () => {
      marks = { quick: quick.snapshot(), slow: slow.snapshot() };
      lastAnswer = performance.now();
      longestGapMs = 0;
    },
    counted: () => ({ quick: quick.since(marks.quick), slow: slow.since(marks.slow), longestGapMs }),
    stop: async () => {
      await Promise.all([quick.stop(), slow.stop()]);
      close();
    },
  };
};
