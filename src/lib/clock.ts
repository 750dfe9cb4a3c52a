/** Stops what `after` started; calling it again does nothing. */
export type Cancel = () => void;

/**
 * The only way to learn the time or to wait. Real in `main.ts`, virtual in tests and simulations, so that nothing
 * ever sleeps in a test.
 */
export type Clock = {
  /** Wall time, milliseconds since the epoch. May jump. */
  readonly now: () => number;
  /** Milliseconds from an arbitrary start; never goes back. For leases and time-outs. */
  readonly monotonic: () => number;
  /** Calls `run` once after `ms` milliseconds. */
  readonly after: (ms: number, run: () => void) => Cancel;
};

/** The machine's clock. Timers longer than Node's 24.8 days are clamped to it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};
