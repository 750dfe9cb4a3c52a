/** One request as the API server saw it. */
export type AuditEntry = {
  readonly user: string;
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  /** Plural with group, as `deployments.apps`. */
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
};

export type AuditCount = Pick<AuditEntry, 'user' | 'verb' | 'resource'> & { readonly count: number };

/** Counts every request by who, what and which resource (`canaries.serin.dev/status` apart from its object). */
export class Audit {
  readonly #counts = new Map<string, AuditCount>();
  readonly #listeners = new Set<(entry: AuditEntry) => void>();

  record(entry: AuditEntry): void {
    const { user, verb } = entry;
    const resource = entry.subresource === undefined ? entry.resource : `${entry.resource}/${entry.subresource}`;
    const key = JSON.stringify([user, verb, resource]);
    this.#counts.set(key, { user, verb, resource, count: (this.#counts.get(key)?.count ?? 0) + 1 });
    for (const listener of this.#listeners) listener(entry);
  }

  /** Requests since the last reset that match all that is given. */
  count(filter: Partial<Pick<AuditEntry, 'user' | 'verb' | 'resource'>> = {}): number {
    return this.table()
      .filter((row) => (filter.user ?? row.user) === row.user && (filter.verb ?? row.verb) === row.verb)
      .filter((row) => (filter.resource ?? row.resource) === row.resource)
      .reduce((sum, row) => sum + row.count, 0);
  }

  /** One row per user, verb and resource, in that order. */
  table(): readonly AuditCount[] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }

  reset(): void {
    this.#counts.clear();
  }

  /** Tells of every request as it comes. */
  listen(listener: (entry: AuditEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
