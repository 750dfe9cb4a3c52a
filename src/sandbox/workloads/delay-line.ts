import type { Cancel, Clock } from '../../lib/clock.ts';

export type DelayLineOptions<T> = {
  readonly clock: Clock;
  readonly delayMs: number;
  readonly deliver: (item: T) => void;
};

/** Delivers each item `delayMs` after it was put in, in order, with at most one timer under way. */
export class DelayLine<T> {
  readonly #options: DelayLineOptions<T>;
  readonly #items: { readonly item: T; readonly due: number }[] = [];
  #timer: Cancel | undefined;

  constructor(options: DelayLineOptions<T>) {
    this.#options = options;
  }

  push(item: T): void {
    const { clock, delayMs } = this.#options;
    this.#items.push({ item, due: clock.monotonic() + delayMs });
    this.#timer ??= clock.after(delayMs, this.#run);
  }

  /** Forgets what is under way. */
  stop(): void {
    this.#items.length = 0;
    this.#timer?.();
  }

  readonly #run = (): void => {
    const { clock, deliver } = this.#options;
    const now = clock.monotonic();
    const due = this.#items.findIndex((entry) => entry.due > now);
    const ripe = this.#items.splice(0, due === -1 ? this.#items.length : due);
    try {
      for (const entry of ripe) deliver(entry.item);
    } finally {
      const next = this.#items[0];
      this.#timer = next === undefined ? undefined : clock.after(next.due - now, this.#run);
    }
  };
}
