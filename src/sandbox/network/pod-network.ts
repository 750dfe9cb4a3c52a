import type { Cancel } from '../../lib/clock.ts';
import { ConnectionError, type HttpAnswer, type HttpHandler, type HttpRequest } from './http.ts';
import { createHttpClient, type HttpClient } from './http-client.ts';
import { type HttpServer, serveHttp } from './http-server.ts';

type Listener = {
  readonly handler: HttpHandler;
  /** Ends the requests in flight when the listener goes away. */
  readonly inFlight: Set<(error: Error) => void>;
  readonly server: Promise<HttpServer> | undefined;
  /** Known as soon as the real server is bound. */
  port: number | undefined;
};

export type PodNetworkOptions = {
  /** Real servers on 127.0.0.1 and real requests to them. Otherwise everything stays in the process. */
  readonly listen: boolean;
};

/**
 * The sandbox's own pod network: addresses of 10.244.0.0/16 that exist in this process only. In virtual mode a
 * request is a function call; in real mode each `address:port` is a server on a loopback port of its own.
 */
export class PodNetwork {
  readonly #listeners = new Map<string, Listener>();
  readonly #taken = new Set<string>();
  readonly #requests = new Map<string, number>();
  readonly #client: HttpClient | undefined;
  #last = 255;

  constructor(options: PodNetworkOptions) {
    this.#client = options.listen ? createHttpClient() : undefined;
  }

  /** A free pod address; freed ones are used again as late as possible. */
  allocate(): string {
    for (let tried = 0; tried < 65_536; tried++) {
      this.#last = this.#last >= 65_534 ? 256 : this.#last + 1;
      const address = `10.244.${this.#last >> 8}.${this.#last & 255}`;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    throw new RangeError('Cannot allocate a pod address: all of 10.244.0.0/16 are taken');
  }

  free(address: string): void {
    this.#taken.delete(address);
    this.#requests.delete(address);
  }

  /** Requests that were sent to an address since it was allocated, those of scrapers and probes among them. */
  requestsTo(address: string): number {
    return this.#requests.get(address) ?? 0;
  }

  /** Serves `handler` at the address until cancelled; then requests in flight are cut. */
  listen(address: string, port: number, handler: HttpHandler): Cancel {
    const key = `${address}:${port}`;
    if (this.#listeners.has(key)) throw new RangeError(`Cannot listen on ${key}: the port is taken`);
    const server = this.#client === undefined ? undefined : serveHttp(handler);
    const listener: Listener = { handler, inFlight: new Set(), server, port: undefined };
    server?.then((bound) => {
      listener.port = bound.port;
    });
    this.#listeners.set(key, listener);
    return () => {
      if (this.#listeners.get(key) !== listener) return;
      this.#listeners.delete(key);
      for (const cut of listener.inFlight) cut(new ConnectionError(`Cannot get an answer from ${key}: it has stopped`));
      server?.then((bound) => bound.close());
    };
  }

  /** The answer of whoever listens at the address. Rejects with ConnectionError when nobody does, or any more. */
  async send(target: { readonly address: string; readonly port: number }, request: HttpRequest): Promise<HttpAnswer> {
    const key = `${target.address}:${target.port}`;
    this.#requests.set(target.address, this.requestsTo(target.address) + 1);
    const listener = this.#listeners.get(key);
    if (listener === undefined) throw new ConnectionError(`Cannot connect to ${key}: nothing listens there`);
    if (this.#client !== undefined && listener.server !== undefined) {
      return this.#client.send((await listener.server).port, request);
    }
    return new Promise((resolve, reject) => {
      listener.inFlight.add(reject);
      listener
        .handler(request)
        .then(resolve, reject)
        .finally(() => listener.inFlight.delete(reject));
    });
  }

  /** Where a pod's port really is, as `host:port`; undefined in virtual mode and while nobody listens. */
  resolve(address: string, port: number): string | undefined {
    const real = this.#listeners.get(`${address}:${port}`)?.port;
    return real === undefined ? undefined : `127.0.0.1:${real}`;
  }

  /** Closes every listener and connection. */
  async close(): Promise<void> {
    const servers = [...this.#listeners.values()].map((listener) => listener.server);
    this.#listeners.clear();
    this.#taken.clear();
    this.#client?.close();
    await Promise.all(servers.map(async (server) => (await server)?.close()));
  }
}
