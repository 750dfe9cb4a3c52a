export type Labels = Readonly<Record<string, string>>;

/** A metric of prom-client, as far as its series end. */
type Metric = { readonly remove: (labels: Record<string, string>) => void };
type Settable = Metric & { readonly set: (labels: Record<string, string>, value: number) => void };

/** One series of a gauge. Without a value it stays as it is, if it is there. */
export type Told = { readonly gauge: Settable; readonly labels: Labels; readonly value: number | undefined };

type Held = Map<string, () => void>;

/**
 * The series about each Canary, so that they end with it: what nobody ends would be told for ever. Gauges that are not
 * told again end too.
 */
export class HeldSeries {
  readonly #gauges = new Map<string, Held>();
  readonly #lasting = new Map<string, Held>();
  readonly #metrics = new Map<Metric, number>();

  /** Sets what is told of `canary` now, and ends what is not told any more. */
  tell(canary: string, told: readonly Told[]): void {
    const before = this.#gauges.get(canary);
    const now: Held = new Map();
    for (const { gauge, labels, value } of told) {
      const key = this.#key(gauge, labels);
      if (value !== undefined) gauge.set({ ...labels }, value);
      else if (before?.has(key) !== true) continue;
      now.set(key, () => gauge.remove({ ...labels }));
    }
    for (const [key, end] of before ?? []) if (!now.has(key)) end();
    this.#gauges.set(canary, now);
  }

  /** Notes a series that lasts as long as the Canary, such as a counter's. */
  lasting(canary: string, { metric, labels }: { readonly metric: Metric; readonly labels: Labels }): void {
    const held = this.#lasting.get(canary) ?? new Map<string, () => void>();
    held.set(this.#key(metric, labels), () => metric.remove({ ...labels }));
    this.#lasting.set(canary, held);
  }

  /** Ends every series of `canary`. */
  end(canary: string): void {
    for (const kind of [this.#gauges, this.#lasting]) {
      for (const end of kind.get(canary)?.values() ?? []) end();
      kind.delete(canary);
    }
  }

  #key(metric: Metric, labels: Labels): string {
    const id = this.#metrics.get(metric) ?? this.#metrics.size;
    this.#metrics.set(metric, id);
    return `${id} ${JSON.stringify(labels)}`;
  }
}
