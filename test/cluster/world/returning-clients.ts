import { systemClock } from '#src/lib/clock.ts';
import { overHttp, startLoad } from '#src/sandbox/load/start-load.ts';
import { VERSION_HEADER } from '#src/sandbox/network/http.ts';
import { gatewayPort, type Place } from './place.ts';

/** A visit of one client: when, and which version answered. */
export type Visit = { readonly at: number; readonly version: string };

/** Browsers that come back again and again with the cookies that they were given. */
export type ReturningClients = {
  /** The visits of each client, oldest first. */
  readonly visits: readonly (readonly Visit[])[];
  readonly stop: () => Promise<void>;
};

/** Name and value of each cookie in a Set-Cookie header, whose repetitions have been joined. */
const cookiesIn = (header: string | undefined): readonly (readonly [string, string])[] =>
  [...(header ?? '').matchAll(/(?:^|, )([^=;, ]+)=([^;,]*)/g)]
    .map(([, name = '', value = '']): readonly [string, string] => [name, value])
    .filter(([name]) => !/^(expires|max-age|path|domain|samesite)$/i.test(name));

/** Starts so many clients, each of which visits the application once in `everyMs`. */
export const startReturningClients = (
  place: Place,
  { clients, everyMs }: { readonly clients: number; readonly everyMs: number },
): ReturningClients => {
  const { send, close } = overHttp(gatewayPort(place));
  const visits: Visit[][] = Array.from({ length: clients }, () => []);
  const jars = Array.from({ length: clients }, () => new Map<string, string>());
  const load = startLoad({
    clock: systemClock,
    requestsPerSecond: (clients * 1000) / everyMs,
    request: (n) => ({ method: 'GET', host: place.host, path: '/', headers: { 'x-client': String(n % clients) } }),
    send: async (request) => {
      const client = Number(request.headers['x-client']);
      const jar = jars[client] ?? new Map<string, string>();
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await send({ ...request, headers: cookie === '' ? {} : { cookie } });
      for (const [name, value] of cookiesIn(answer.headers['set-cookie'])) jar.set(name, value);
      const version = answer.headers[VERSION_HEADER];
      if (version !== undefined) visits[client]?.push({ at: Date.now(), version });
      return answer;
    },
  });
  return {
    visits,
    stop: async () => {
      await load.stop();
      close();
    },
  };
};
