import type { Cancel, Clock } from './clock.ts';

type Timer = { readonly at: number; readonly order: number; readonly run: () => void };

/**
 * A clock that moves only when told. Timers fire in order of time, then of creation; between two of them every
 * promise that can settle does. Work that really runs outside (a git process, a socket) is announced with `track`
 * and holds the time still until it ends.
 */
export class VirtualClock implements Clock {
  #now: number;
  readonly #start: number;
  #order = 0;
  #busy = 0;
  readonly #timers = new Map<number, Timer>();

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
    this.#start = start;
  }

  readonly now = (): number => this.#now;
  readonly monotonic = (): number => this.#now - this.#start;

  readonly after = (ms: number, run: () => void): Cancel => {
    const order = this.#order++;
    this.#timers.set(order, { at: this.#now + Math.max(ms, 0), order, run });
    return () => void this.#timers.delete(order);
  };

  /** Holds virtual time still until `work` settles; returns what `work` returns. */
  readonly track = async <T>(work: Promise<T>): Promise<T> => {
    this.#busy++;
    try {
      return await work;
    } finally {
      this.#busy--;
    }
  };

  /** Moves the time on by `ms`, firing every timer due on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await this.settle();
      const next = this.#next();
      if (next === undefined || next.at > end) break;
      this.#fire(next);
    }
    this.#now = end;
    await this.settle();
  }

  /** Moves the time on until `done` holds; throws when it still does not after `limitMs`. */
  async until(done: () => boolean, limitMs: number): Promise<void> {
    const end = this.#now + limitMs;
    for (;;) {
      await this.settle();
      if (done()) return;
      const next = this.#next();
      if (next === undefined || next.at > end) {
        throw new Error(`Cannot reach the awaited state: still not there after ${limitMs} ms of virtual time`);
      }
      this.#fire(next);
    }
  }

  /** Lets every promise settle that can, without moving the time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#busy > 0) {
        quiet = 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  #next(): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (best === undefined || timer.at < best.at || (timer.at === best.at && timer.order < best.order)) best = timer;
    }
    return best;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer.order);
    this.#now = Math.max(this.#now, timer.at);
    timer.run();
  }
}
