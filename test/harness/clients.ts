import { VERSION_HEADER } from '#src/sandbox/network/http.ts';
import type { World } from './a-world.ts';

/** What one of them has been answered by, oldest first, and what cookies it keeps: as a browser does, by their names. */
export type Client = { readonly versions: string[]; readonly cookies: Map<string, string> };

/** Clients of a host that come back, each with the cookies that it was given. */
export class Clients {
  readonly all: readonly Client[];
  readonly #world: World;
  readonly #host: string;

  constructor(world: World, { host, count }: { readonly host: string; readonly count: number }) {
    this.#world = world;
    this.#host = host;
    this.all = Array.from({ length: count }, () => ({ versions: [], cookies: new Map() }));
  }

  /** Every one of them asks once. */
  async visit(): Promise<void> {
    await Promise.all(this.all.map((client) => this.#ask(client)));
  }

  /** Share of those that were answered by this version last, from 0 to 1. */
  share(version: string): number {
    return this.all.filter(({ versions }) => versions.at(-1) === version).length / this.all.length;
  }

  async #ask({ versions, cookies }: Client): Promise<void> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await this.#world.cluster.gateway.handle({
      method: 'GET',
      host: this.#host,
      path: '/',
      headers: cookie === '' ? {} : { cookie },
    });
    versions.push(answer.headers[VERSION_HEADER] ?? `${answer.status}`);
    for (const line of answer.headers['set-cookie']?.split('\n') ?? []) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
  }
}
