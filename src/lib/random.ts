/** A number in [0, 1). Injected, so that tests and simulations repeat. */
export type Random = () => number;

/** Repeatable pseudo-random numbers from a 32-bit seed (mulberry32, Tommy Ettinger, public domain). */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};
