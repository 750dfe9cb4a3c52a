/** What a load client has counted. */
export type LoadCount = {
  /** Requests with an answer, or without hope of one. */
  readonly requests: number;
  /** Status 400 and above, and lost connections: the client asks for nothing that should not be answered. */
  readonly failures: number;
  /** By the version that answered, as its header says. */
  readonly versions: Readonly<Record<string, { readonly requests: number; readonly failures: number }>>;
  /** Failures that no version answers for: the gateway's own answers and lost connections. */
  readonly unversionedFailures: number;
};

type Mutable = { requests: number; failures: number };

/** Counts answers; `count` is a copy that later answers do not change. */
export class LoadCounter {
  readonly #total: Mutable = { requests: 0, failures: 0 };
  readonly #versions = new Map<string, Mutable>();
  #unversioned = 0;

  add(version: string | undefined, failed: boolean): void {
    this.#total.requests++;
    if (failed) this.#total.failures++;
    if (version === undefined) {
      if (failed) this.#unversioned++;
      return;
    }
    const counted = this.#versions.get(version) ?? { requests: 0, failures: 0 };
    counted.requests++;
    if (failed) counted.failures++;
    this.#versions.set(version, counted);
  }

  count(): LoadCount {
    const versions = [...this.#versions].map(([version, counted]): [string, Mutable] => [version, { ...counted }]);
    return { ...this.#total, versions: Object.fromEntries(versions), unversionedFailures: this.#unversioned };
  }
}

/** What was counted between two moments. */
export const difference = (later: LoadCount, earlier: LoadCount): LoadCount => {
  const versions: Record<string, Mutable> = {};
  for (const [version, { requests, failures }] of Object.entries(later.versions)) {
    const before = earlier.versions[version] ?? { requests: 0, failures: 0 };
    if (requests === before.requests) continue;
    versions[version] = { requests: requests - before.requests, failures: failures - before.failures };
  }
  return {
    requests: later.requests - earlier.requests,
    failures: later.failures - earlier.failures,
    versions,
    unversionedFailures: later.unversionedFailures - earlier.unversionedFailures,
  };
};
