import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { sha256 } from '#src/lib/hash.ts';
import type { JsonRecord } from '#src/lib/json.ts';
import { clusterResource, endpointsResource, ROUTES, routesResource } from './envoy-resources.ts';
import type { Snapshot } from './snapshot.ts';

/** Files of one Envoy. */
export const filesOf = (folder: string) => ({
  bootstrap: join(folder, 'bootstrap.json'),
  clusters: join(folder, 'clusters.json'),
  routes: join(folder, 'routes.json'),
  endpoints: (cluster: string) => join(folder, 'endpoints', `${cluster}.json`),
});

const VERSIONS = {
  clusters: 'cluster_manager.cds.version_text',
  routes: `http.${ROUTES}.rds.${ROUTES}.version_text`,
} as const;

const LIMIT_MS = 5000;
const LOOK_MS = 20;

/** Replaces a file of resources as a whole; returns their version. */
export const writeResources = (path: string, resources: readonly JsonRecord[]): string => {
  const version = sha256(JSON.stringify(resources)).slice(0, 12);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify({ version_info: version, resources }));
  renameSync(`${path}.new`, path);
  return version;
};

/**
 * Brings snapshots to an Envoy, one after the other and only the newest, in the order in which no request is lost: what
 * routes lead to is there before them, and goes after them.
 */
export class EnvoyFiles {
  readonly #files: ReturnType<typeof filesOf>;
  readonly #admin: string;
  readonly #onError: (error: unknown) => void;
  readonly #written = new Map<string, string>();
  #wanted: Snapshot | undefined;
  #clusters: readonly string[] = [];
  #work: Promise<void> | undefined;

  constructor(options: {
    readonly folder: string;
    /** Address of its admin interface. */
    readonly admin: string;
    readonly onError: (error: unknown) => void;
  }) {
    this.#files = filesOf(options.folder);
    this.#admin = options.admin;
    this.#onError = options.onError;
  }

  push(snapshot: Snapshot): void {
    this.#wanted = snapshot;
    this.#work ??= this.#bring().finally(() => {
      this.#work = undefined;
    });
  }

  /** Resolves when the Envoy has everything that was pushed. */
  async idle(): Promise<void> {
    await this.#work;
  }

  async #bring(): Promise<void> {
    for (;;) {
      const snapshot = this.#wanted;
      this.#wanted = undefined;
      if (snapshot === undefined) return;
      await this.#apply(snapshot).catch(this.#onError);
    }
  }

  async #apply({ clusters, virtualHosts }: Snapshot): Promise<void> {
    for (const cluster of clusters) {
      this.#write(this.#files.endpoints(cluster.name), [endpointsResource(cluster)]);
    }
    const names = clusters.map(({ name }) => name);
    await this.#setClusters([...new Set([...this.#clusters, ...names])]);
    const routes = this.#write(this.#files.routes, [routesResource(virtualHosts)]);
    if (routes !== undefined) await this.#taken('routes', routes);
    const gone = this.#clusters.filter((name) => !names.includes(name));
    await this.#setClusters(names);
    for (const name of gone) {
      this.#written.delete(this.#files.endpoints(name));
      rmSync(this.#files.endpoints(name), { force: true });
    }
  }

  async #setClusters(names: readonly string[]): Promise<void> {
    this.#clusters = names;
    const resources = names.map((name) => clusterResource(name, this.#files.endpoints(name)));
    const version = this.#write(this.#files.clusters, resources);
    if (version !== undefined) await this.#taken('clusters', version);
  }

  /** Undefined when the file says that already. */
  #write(path: string, resources: readonly JsonRecord[]): string | undefined {
    const text = JSON.stringify(resources);
    if (this.#written.get(path) === text) return undefined;
    this.#written.set(path, text);
    return writeResources(path, resources);
  }

  /** Resolves when the Envoy serves by this version, of clusters with all of their endpoints. */
  async #taken(what: keyof typeof VERSIONS, version: string): Promise<void> {
    const wanted = [`${VERSIONS[what]}: "${version}"`, 'cluster_manager.warming_clusters: 0'];
    for (let waited = 0; waited < LIMIT_MS; waited += LOOK_MS) {
      const answer = await fetch(`${this.#admin}/stats?filter=version_text|warming_clusters`);
      const lines = new Set((await answer.text()).split('\n'));
      if (wanted.every((line) => lines.has(line))) return;
      await setTimeout(LOOK_MS);
    }
    throw new Error(`Cannot bring ${what} ${version} to the Envoy at ${this.#admin}: want it taken in ${LIMIT_MS} ms`);
  }
}
