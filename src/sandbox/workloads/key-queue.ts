import type { Cancel, Clock } from '../../lib/clock.ts';
import { ApiError } from '../api/status.ts';
import { DelayLine } from './delay-line.ts';

export type KeyQueueOptions = {
  readonly clock: Clock;
  /** From the first change to the work on it; changes in between are one piece of work. */
  readonly delayMs: number;
  readonly sync: (key: string) => void;
};

/** When a key is tried again whose write the API has refused. */
const RETRY_MS = 1000;

/**
 * Keys to look at again soon: each is worked on once, `delayMs` after it was first added, in order of arrival. Work
 * that the API refuses (a namespace that is going away, an invalid template) is tried again; other errors are bugs.
 */
export class KeyQueue {
  readonly #clock: Clock;
  readonly #line: DelayLine<string>;
  readonly #waiting = new Set<string>();
  readonly #later = new Map<string, Cancel>();

  constructor({ clock, delayMs, sync }: KeyQueueOptions) {
    this.#clock = clock;
    const deliver = (key: string): void => {
      this.#waiting.delete(key);
      try {
        sync(key);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        this.addAfter(key, RETRY_MS);
      }
    };
    this.#line = new DelayLine({ clock, delayMs, deliver });
  }

  add(key: string): void {
    if (this.#waiting.has(key)) return;
    this.#waiting.add(key);
    this.#line.push(key);
  }

  /** Adds the key once after `ms`; a later call for the same key replaces an earlier one. */
  addAfter(key: string, ms: number): void {
    this.#later.get(key)?.();
    const add = (): void => {
      this.#later.delete(key);
      this.add(key);
    };
    this.#later.set(key, this.#clock.after(ms, add));
  }

  stop(): void {
    this.#line.stop();
    for (const cancel of this.#later.values()) cancel();
    this.#waiting.clear();
    this.#later.clear();
  }
}
