import type { Cancel, Clock } from '../lib/clock.ts';

/** Ends one watch, by its signal, when it has been silent for `idleMs` or open for `longestMs`. */
export class WatchLimit {
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #endsAt: number;
  #heardAt: number;
  #cancel: Cancel;

  constructor(clock: Clock, limits: { readonly idleMs: number; readonly longestMs: number }) {
    this.#clock = clock;
    this.#idleMs = limits.idleMs;
    this.#heardAt = clock.monotonic();
    this.#endsAt = this.#heardAt + limits.longestMs;
    this.#cancel = this.#arm();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Something was heard. Only notes the time: one timer serves any number of events. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
  }

  /** The watch has ended by itself. */
  end(): void {
    this.#cancel();
  }

  #arm(): Cancel {
    const due = Math.min(this.#heardAt + this.#idleMs, this.#endsAt);
    const wait = due - this.#clock.monotonic();
    if (wait <= 0) {
      this.#abort.abort(new Error('the watch was silent or open for too long'));
      return () => undefined;
    }
    return this.#clock.after(wait, () => {
      this.#cancel = this.#arm();
    });
  }
}
