import type { Clock } from '../lib/clock.ts';

/** The work did not settle in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * What `work` returns, or a rejection as soon as `ms` have passed (DeadlineError) or `signal` is aborted (its reason),
 * also when `work` does not listen. The signal given to `work` follows `signal` for as long as the work's own result
 * lives (an open watch); the deadline counts only until `work` settles.
 */
export const withinDeadline = async <T>(
  work: (signal: AbortSignal) => Promise<T>,
  options: { readonly clock: Clock; readonly ms: number; readonly signal?: AbortSignal | undefined },
): Promise<T> => {
  const late = new AbortController();
  const cancel = options.clock.after(options.ms, () =>
    late.abort(new DeadlineError(`no answer within ${options.ms} ms`)),
  );
  const signal = options.signal === undefined ? late.signal : AbortSignal.any([options.signal, late.signal]);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([work(signal), aborted]);
  } finally {
    cancel();
    signal.removeEventListener('abort', giveUp);
  }
};
