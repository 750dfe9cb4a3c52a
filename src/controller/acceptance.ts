type Seen = { readonly signature: string; readonly since: number };

/**
 * Since when each route's acceptance has been as it is, for what the canary gets. Kept in memory only: after a
 * restart the wait for settling begins again, which makes a window later, never earlier.
 */
export class Acceptance {
  readonly #seen = new Map<string, Seen>();

  /** The time, ms, when `signature` was first seen for `canary`; `now` when it has just changed. */
  since(canary: string, { signature, now }: { readonly signature: string; readonly now: number }): number {
    const seen = this.#seen.get(canary);
    // A time in the future was noted before the clock was set back.
    if (seen?.signature === signature && seen.since <= now) return seen.since;
    this.#seen.set(canary, { signature, since: now });
    return now;
  }

  clear(): void {
    this.#seen.clear();
  }

  forget(canary: string): void {
    this.#seen.delete(canary);
  }
}
