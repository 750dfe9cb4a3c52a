type Labels = Readonly<Record<string, string>>;
type Histogram = { readonly counts: number[]; sum: number; count: number };
type Family = { readonly type: 'counter' | 'histogram'; readonly help: string; readonly lines: () => Iterable<string> };

export type Counter = { readonly add: (labels: Labels, by?: number) => void };
export type HistogramMetric = { readonly observe: (labels: Labels, value: number) => void };

const escaped = (value: string): string => value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));

/** A request is counted and timed with the same labels. */
const texts = new WeakMap<Labels, string>();

const labelText = (labels: Labels): string => {
  const known = texts.get(labels);
  if (known !== undefined) return known;
  const text = Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
  texts.set(labels, text);
  return text;
};

/** Counters and histograms with labels, and their Prometheus text exposition (format 0.0.4). */
export class MetricRegistry {
  readonly #families = new Map<string, Family>();

  counter(name: string, help: string): Counter {
    const series = new Map<string, number>();
    this.#families.set(name, {
      type: 'counter',
      help,
      lines: function* () {
        for (const [labels, value] of series) yield `${name}{${labels}} ${value}`;
      },
    });
    return {
      add: (labels, by = 1) => {
        const key = labelText(labels);
        series.set(key, (series.get(key) ?? 0) + by);
      },
    };
  }

  /** `buckets` are upper bounds in ascending order, without +Inf. */
  histogram(name: string, help: string, buckets: readonly number[]): HistogramMetric {
    const series = new Map<string, Histogram>();
    this.#families.set(name, {
      type: 'histogram',
      help,
      lines: function* () {
        for (const [labels, { counts, sum, count }] of series) {
          const before = labels === '' ? '' : `${labels},`;
          for (const [i, bound] of buckets.entries()) yield `${name}_bucket{${before}le="${bound}"} ${counts[i] ?? 0}`;
          yield `${name}_bucket{${before}le="+Inf"} ${count}`;
          yield `${name}_sum{${labels}} ${sum}`;
          yield `${name}_count{${labels}} ${count}`;
        }
      },
    });
    return {
      observe: (labels, value) => {
        const key = labelText(labels);
        const histogram = series.get(key) ?? { counts: buckets.map(() => 0), sum: 0, count: 0 };
        histogram.sum += value;
        histogram.count++;
        for (const [i, bound] of buckets.entries())
          if (value <= bound) histogram.counts[i] = (histogram.counts[i] ?? 0) + 1;
        series.set(key, histogram);
      },
    };
  }

  /** Everything counted so far, as a scrape would get it. */
  text(): string {
    const lines: string[] = [];
    for (const [name, family] of this.#families) {
      lines.push(`# HELP ${name} ${family.help}`, `# TYPE ${name} ${family.type}`, ...family.lines());
    }
    return `${lines.join('\n')}\n`;
  }
}

/** Content type of the exposition. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
