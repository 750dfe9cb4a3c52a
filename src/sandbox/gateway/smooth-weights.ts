/** A choice among weighted items that is exact over time and as even as it can be. */
export class SmoothWeights<T extends { readonly weight: number }> {
  readonly #entries: { readonly item: T; current: number }[];
  readonly #total: number;

  /** Items of weight 0 are never chosen. */
  constructor(items: readonly T[]) {
    this.#entries = items.filter(({ weight }) => weight > 0).map((item) => ({ item, current: 0 }));
    this.#total = this.#entries.reduce((sum, { item }) => sum + item.weight, 0);
  }

  /** The next item; undefined when none has a weight. Smooth weighted round robin, as nginx does it. */
  next(): T | undefined {
    let best: { readonly item: T; current: number } | undefined;
    for (const entry of this.#entries) {
      entry.current += entry.item.weight;
      if (best === undefined || entry.current > best.current) best = entry;
    }
    if (best !== undefined) best.current -= this.#total;
    return best?.item;
  }
}
