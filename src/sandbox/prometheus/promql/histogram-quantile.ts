import { type Labels, labelKey, METRIC_NAME, omitLabels } from '../labels.ts';

type VectorSample = { readonly labels: Labels; readonly value: number };
type Bucket = { readonly upTo: number; count: number };

/**
 * `histogram_quantile` of classic buckets, one result per set of labels other than `le`; series without a readable
 * `le` are left out (promql/quantile.go, bucketQuantile).
 */
export const histogramQuantile = (quantile: number, vector: readonly VectorSample[]): readonly VectorSample[] => {
  const groups = new Map<string, { readonly labels: Labels; readonly buckets: Bucket[] }>();
  for (const { labels, value } of vector) {
    const upTo = readBound(labels['le']);
    if (upTo === undefined) continue;
    const rest = omitLabels(labels, [METRIC_NAME, 'le']);
    const key = labelKey(rest);
    const group = groups.get(key) ?? { labels: rest, buckets: [] };
    group.buckets.push({ upTo, count: value });
    groups.set(key, group);
  }
  return [...groups.values()].map(({ labels, buckets }) => ({ labels, value: bucketQuantile(quantile, buckets) }));
};

/**
 * The quantile by linear interpolation inside its bucket. NaN without observations, without a +Inf bucket, with fewer
 * than two buckets. In the +Inf bucket it is the highest finite bound.
 */
const bucketQuantile = (quantile: number, unsorted: readonly Bucket[]): number => {
  if (Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return Number.NEGATIVE_INFINITY;
  if (quantile > 1) return Number.POSITIVE_INFINITY;
  const buckets = monotonic(coalesced(unsorted));
  const total = buckets.at(-1);
  if (total?.upTo !== Number.POSITIVE_INFINITY || buckets.length < 2 || total.count === 0) return Number.NaN;
  const rank = quantile * total.count;
  const index = buckets.findIndex((bucket) => bucket.count >= rank);
  const bucket = buckets[index];
  const below = buckets[index - 1];
  if (bucket === undefined || index === buckets.length - 1) return buckets.at(-2)?.upTo ?? Number.NaN;
  if (below === undefined) {
    return bucket.upTo <= 0 ? bucket.upTo : bucket.upTo * (rank / bucket.count);
  }
  const share = (rank - below.count) / (bucket.count - below.count);
  return below.upTo + (bucket.upTo - below.upTo) * share;
};

/** In order of their bound; those with the same bound (`1` and `1.0`) become one. */
const coalesced = (buckets: readonly Bucket[]): Bucket[] => {
  const result: Bucket[] = [];
  for (const bucket of [...buckets].sort((a, b) => (a.upTo === b.upTo ? 0 : a.upTo - b.upTo))) {
    const previous = result.at(-1);
    if (previous?.upTo === bucket.upTo) previous.count += bucket.count;
    else result.push({ ...bucket });
  }
  return result;
};

/** Counts that fall are lifted to the one before them: a bucket counts everything below its bound. */
const monotonic = (buckets: Bucket[]): Bucket[] => {
  let highest = Number.NEGATIVE_INFINITY;
  for (const bucket of buckets) {
    highest = Math.max(highest, bucket.count);
    bucket.count = highest;
  }
  return buckets;
};

const readBound = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (/^\+?inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  const bound = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(bound) ? undefined : bound;
};
