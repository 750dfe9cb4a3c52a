/** Kubernetes' own: the first restart comes at once, then after 10 s, doubling to 5 min. */
const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;
/** What ran for so long begins anew. */
const FORGIVEN_MS = 2 * LONGEST_MS;

export class RestartBackOff {
  #nextMs = 0;

  /** How long to wait before the next start of what has run for `ranMs`. */
  next(ranMs: number): number {
    const wait = ranMs >= FORGIVEN_MS ? 0 : this.#nextMs;
    this.#nextMs = Math.min(LONGEST_MS, wait === 0 ? FIRST_MS : wait * 2);
    return wait;
  }
}
