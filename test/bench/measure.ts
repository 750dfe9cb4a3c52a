/** One line of the bench: what was measured beside what the design allows. */
export type Measure = {
  readonly name: string;
  /** The design's budget in words; empty where it has none. */
  readonly budget: string;
  readonly value: number;
  readonly unit: string;
  /** Whether a counted budget is kept; undefined for times and memory, which are printed and never held. */
  readonly held: boolean | undefined;
  /** How it was measured, and what belongs to it. */
  readonly detail: string;
};

export type Spread = { readonly min: number; readonly median: number; readonly max: number };

/** Smallest, middle and largest of some values; the lower middle of an even number. Throws for none. */
export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, median, max] = [sorted[0], sorted[(sorted.length - 1) >> 1], sorted.at(-1)];
  if (min === undefined || median === undefined || max === undefined) {
    throw new RangeError('Cannot tell the spread of no values');
  }
  return { min, median, max };
};

/** A number as the table shows it: three digits where it has a fraction. */
export const numberText = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

export const spreadText = ({ min, median, max }: Spread): string =>
  `min ${numberText(min)}, median ${numberText(median)}, max ${numberText(max)}`;
