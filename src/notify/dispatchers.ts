import type { LookupFunction } from 'node:net';
import { Agent, buildConnector, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici';

/** Proxies that are kept; more than these are few anywhere. */
const KEPT = 32;

/** The ways out: one without a proxy, and one for each proxy that was asked for. No connection is used twice. */
export class Dispatchers {
  readonly #lookup: LookupFunction;
  readonly #direct: Agent;
  readonly #proxied = new Map<string, Dispatcher>();

  constructor(lookup: LookupFunction) {
    this.#lookup = lookup;
    // An idle connection may be closed just when the next message is sent on it, which would look like a failure.
    this.#direct = new Agent({ pipelining: 0, headersTimeout: 0, bodyTimeout: 0, connect: { lookup, timeout: 0 } });
  }

  /** `proxy` is http://, https:// or socks5://, with its user and password if it wants some. */
  by(proxy: string | undefined): Dispatcher {
    if (proxy === undefined) return this.#direct;
    const known = this.#proxied.get(proxy);
    if (known !== undefined) return known;
    const [oldest] = this.#proxied.keys();
    if (this.#proxied.size >= KEPT && oldest !== undefined) {
      void this.#proxied.get(oldest)?.close();
      this.#proxied.delete(oldest);
    }
    const fresh = this.#proxyAgent(proxy);
    this.#proxied.set(proxy, fresh);
    return fresh;
  }

  async close(): Promise<void> {
    await Promise.all([this.#direct, ...this.#proxied.values()].map((dispatcher) => dispatcher.destroy()));
  }

  #proxyAgent(proxy: string): Dispatcher {
    const lookup = this.#lookup;
    const options = { pipelining: 0, headersTimeout: 0, bodyTimeout: 0 };
    if (proxy.startsWith('socks5:')) {
      return new Socks5ProxyAgent(proxy, { ...options, connect: buildConnector({ lookup }) });
    }
    return new ProxyAgent({ ...options, uri: proxy, proxyTls: { lookup } });
  }
}
