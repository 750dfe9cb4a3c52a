import { setTimeout } from 'node:timers/promises';
import { overHttp } from '#src/sandbox/load/start-load.ts';
import { VERSION_HEADER } from '#src/sandbox/network/http.ts';
import { gatewayPort, type Place } from '../../cluster/world/place.ts';

/** What one poll was answered with. */
export type Answer = {
  /** When it arrived, by `performance.now()`. */
  readonly at: number;
  /** Undefined when it failed: an error, or no answer. */
  readonly version: string | undefined;
};

const CLIENTS = 4;
const EVERY_MS = 10;
/** Between two polls, whichever client sends them. */
export const POLL_MS = EVERY_MS / CLIENTS;

/** Clients on kept-alive connections through the gateway that ask again and again, in turn, until stopped. */
export const startPolling = (place: Place, hear: (answer: Answer) => void): { readonly stop: () => Promise<void> } => {
  const { send, close } = overHttp(gatewayPort(place));
  let stopped = false;
  const ask = async (): Promise<string | undefined> => {
    const answer = await send({ method: 'GET', host: place.host, path: '/', headers: {} }).catch(() => undefined);
    return answer === undefined || answer.status >= 400 ? undefined : answer.headers[VERSION_HEADER];
  };
  const client = async (n: number): Promise<void> => {
    await setTimeout(n * POLL_MS);
    while (!stopped) {
      const next = performance.now() + EVERY_MS;
      const version = await ask();
      hear({ at: performance.now(), version });
      await setTimeout(Math.max(0, next - performance.now()));
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, n) => client(n));
  return {
    stop: async () => {
      stopped = true;
      await Promise.all(clients);
      close();
    },
  };
};
