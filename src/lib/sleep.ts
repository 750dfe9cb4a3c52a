import type { Clock } from './clock.ts';

/** Resolves after `ms` on `clock`; resolves at once (not rejects) when `signal` is aborted. */
export const sleep = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    const cancel = clock.after(ms, done);
    const stop = (): void => {
      cancel();
      done();
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
