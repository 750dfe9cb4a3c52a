/** Label name → value; `__name__` holds the metric's name. A label with an empty value is a label that is not there. */
export type Labels = Readonly<Record<string, string>>;

export const METRIC_NAME = '__name__';

/** Keys that were asked for before: a label set is scraped again and again, and never changes. */
const keys = new WeakMap<Labels, string>();

/** The same text for equal label sets, whatever the order of the labels. */
export const labelKey = (labels: Labels): string => {
  const known = keys.get(labels);
  if (known !== undefined) return known;
  const key = Object.keys(labels)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(labels[name])}`)
    .join(',');
  keys.set(labels, key);
  return key;
};

/** `labels` without `dropped`. */
export const omitLabels = (labels: Labels, dropped: readonly string[]): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !dropped.includes(name)));

/** Those of `labels` that are named in `kept`. */
export const pickLabels = (labels: Labels, kept: readonly string[]): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => kept.includes(name)));

/** What the result of arithmetic and of most functions is called: it is no longer that metric. */
export const withoutName = (labels: Labels): Labels => omitLabels(labels, [METRIC_NAME]);

/** How a series is written in messages: `requests_total{code="200"}`. */
export const seriesText = (labels: Labels): string => {
  const pairs = Object.entries(withoutName(labels)).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${labels[METRIC_NAME] ?? ''}{${pairs.join(', ')}}`;
};
