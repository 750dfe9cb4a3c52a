import { setTimeout } from 'node:timers/promises';

const LOOK_MS = 100;

/** Resolves with what `look` gives as soon as it gives something; rejects after `limitMs`, in words of that moment. */
export const until = async <T>(
  what: string | (() => string),
  look: () => Promise<T | undefined | false> | T | undefined | false,
  limitMs = 90_000,
): Promise<T> => {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline)
      throw new Error(`Cannot go on: after ${limitMs / 1000} s still no ${typeof what === 'string' ? what : what()}`);
    await setTimeout(LOOK_MS);
  }
};
