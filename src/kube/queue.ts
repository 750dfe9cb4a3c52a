import type { Cancel, Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import { type BackOff, backOffMs } from './back-off.ts';

export type WorkQueueOptions = {
  readonly clock: Clock;
  readonly random: Random;
  /** How many keys are worked on at once. */
  readonly workers: number;
  /**
   * Works on one key; `lateMs` is how long it was due before it got a worker. When it rejects, the key comes back after
   * its back-off; when it resolves, its failures are forgotten.
   */
  readonly work: (key: string, lateMs: number) => Promise<void>;
  readonly onError?: (key: string, error: unknown) => void;
  /** @default 100 ms to 60 s */
  readonly backOff?: BackOff;
};

type Delayed = { readonly due: number; readonly cancel: Cancel };

/**
 * A queue of keys. A key is *delayed* (waits for its time), *ready* (waits for a worker), or *active* (a worker has it).
 *
 * The merge rule: asking for a key says "work on it no later than this". Of several wishes for a key that is not active
 * the earliest counts and the others are forgotten, because one run that starts later sees everything that they wanted
 * seen. A wish that comes while the key is active is kept, the earliest of them, and counts when the worker is done:
 * that run may have read before the change. So a key is never worked on twice at once, each wish is followed by a run
 * that starts after it, and a run that wants to come back later must say so again each time.
 *
 * Ready keys are served in the order in which they became ready.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #delayed = new Map<string, Delayed>();
  /** Key to the time when it was due, in order of readiness. */
  readonly #ready = new Map<string, number>();
  /** Key to the earliest time wished for since its worker began. */
  readonly #active = new Map<string, number | undefined>();
  readonly #failures = new Map<string, number>();
  readonly #idleWaiters = new Set<() => void>();
  #state: 'waiting' | 'running' | 'stopped' = 'waiting';

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Begins to work, or goes on after a pause; keys added before that have waited. */
  start(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'running';
    this.#serve();
  }

  /** Work on this key as soon as a worker is free. */
  add(key: string): void {
    this.addAfter(key, 0);
  }

  /** Work on this key in `ms` milliseconds, or earlier. */
  addAfter(key: string, ms: number): void {
    if (this.#state === 'stopped') return;
    const due = this.#options.clock.monotonic() + Math.max(ms, 0);
    if (this.#active.has(key)) this.#active.set(key, Math.min(due, this.#active.get(key) ?? Number.POSITIVE_INFINITY));
    else this.#schedule(key, due);
  }

  /** Work on this key after its back-off, which doubles with each call until `forget`. */
  retry(key: string): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const backOff = this.#options.backOff ?? { baseMs: 100, maxMs: 60_000 };
    this.addAfter(key, backOffMs(failures, { ...backOff, random: this.#options.random }));
  }

  /** Starts the key's back-off from its beginning again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  counts(): { readonly delayed: number; readonly ready: number; readonly active: number; readonly failing: number } {
    return {
      delayed: this.#delayed.size,
      ready: this.#ready.size,
      active: this.#active.size,
      failing: this.#failures.size,
    };
  }

  /** Resolves as soon as no key is ready or active; delayed ones may be left. */
  async idle(): Promise<void> {
    while (this.#active.size > 0 || (this.#ready.size > 0 && this.#state !== 'stopped')) {
      await this.#workDone();
    }
  }

  /**
   * Starts no more work until `start`; resolves when the active work has ended. What waited and what failed before is
   * forgotten; what is added from now on waits.
   */
  async pause(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'waiting';
    this.#failures.clear();
    await this.#clear();
  }

  /** Starts no more work; resolves when the active work has ended. What waited is dropped. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    await this.#clear();
  }

  async #clear(): Promise<void> {
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#ready.clear();
    while (this.#active.size > 0) await this.#workDone();
  }

  /** Resolves when the work on some key has ended. */
  #workDone(): Promise<void> {
    return new Promise((resolve) => this.#idleWaiters.add(resolve));
  }

  #schedule(key: string, due: number): void {
    if (this.#ready.has(key)) return;
    const delayed = this.#delayed.get(key);
    if (delayed !== undefined) {
      if (delayed.due <= due) return;
      delayed.cancel();
      this.#delayed.delete(key);
    }
    const wait = due - this.#options.clock.monotonic();
    if (wait > 0) {
      const cancel = this.#options.clock.after(wait, () => {
        this.#delayed.delete(key);
        this.#makeReady(key, due);
      });
      this.#delayed.set(key, { due, cancel });
    } else this.#makeReady(key, due);
  }

  #makeReady(key: string, due: number): void {
    this.#ready.set(key, due);
    this.#serve();
  }

  #serve(): void {
    if (this.#state !== 'running') return;
    for (const [key, due] of this.#ready) {
      if (this.#active.size >= this.#options.workers) return;
      this.#ready.delete(key);
      this.#active.set(key, undefined);
      void this.#work(key, due);
    }
  }

  async #work(key: string, due: number): Promise<void> {
    // A run never begins inside the `add` that asked for it.
    await Promise.resolve();
    try {
      await this.#options.work(key, Math.max(0, this.#options.clock.monotonic() - due));
      this.forget(key);
    } catch (error) {
      this.#options.onError?.(key, error);
      this.retry(key);
    } finally {
      const due = this.#active.get(key);
      this.#active.delete(key);
      if (due !== undefined && this.#state !== 'stopped') this.#schedule(key, due);
      this.#serve();
      for (const resolve of this.#idleWaiters) resolve();
      this.#idleWaiters.clear();
    }
  }
}
