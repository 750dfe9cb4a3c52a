/** Selectors of one side's counters; the analysis builds safe PromQL from them. */
export type MetricSelectors = {
  /** Instant vector selector of all requests, e.g. `requests_total{service="app-canary"}`. */
  readonly requests: string;
  /** The same restricted to server errors. */
  readonly errors: string;
  /** Histogram buckets of durations; absent where the plane has none. */
  readonly durationBuckets?: { readonly selector: string; readonly unit: 's' | 'ms' };
};

/** One metric of the analysis with everything resolved but the window. */
export type MetricCheck = {
  readonly name: string;
  readonly query:
    | {
        readonly kind: 'success-rate' | 'duration';
        readonly selectors: MetricSelectors;
        /** Selector of the primary's requests, which have been scraped for longer than the canary's. */
        readonly primary?: string;
      }
    /** Rendered, but for `{{ interval }}`, which is the window. */
    | { readonly kind: 'text'; readonly text: string };
  readonly address: string;
  /** Namespaced Secret with `token`, or `username` and `password`. */
  readonly secretRef?: { readonly namespace: string; readonly name: string };
  /** Template arguments that come from Secrets: argument → where; filled in at use, never stored. */
  readonly secretArgs?: Readonly<
    Record<string, { readonly namespace: string; readonly name: string; readonly key: string }>
  >;
  readonly headers?: Readonly<Record<string, string>>;
  readonly insecureSkipVerify?: boolean;
  /** Longest stretch that the query looks back over, ms; a window is never longer. */
  readonly intervalMs: number;
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  readonly failureLimit?: number;
  readonly initialDelayMs: number;
  readonly dryRun: boolean;
  readonly noData: 'hold' | 'fail';
  /** Fewest requests in the window that count (built-in metrics). */
  readonly samples: number;
};
