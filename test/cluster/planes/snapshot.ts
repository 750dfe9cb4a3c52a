import type { JsonRecord } from '#src/lib/json.ts';
import type { Endpoint } from '#src/sandbox/gateway/service-endpoints.ts';

/** A group of pods as an Envoy knows it. */
export type EnvoyCluster = {
  /** What its counters are called by. */
  readonly name: string;
  readonly endpoints: readonly Pick<Endpoint, 'address' | 'port'>[];
};

/** Everything that a control plane tells an Envoy: virtual hosts in Envoy's words, and the clusters that they lead to. */
export type Snapshot = { readonly virtualHosts: readonly JsonRecord[]; readonly clusters: readonly EnvoyCluster[] };

/** Where one route leads: clusters by name, each by its share of the weights; undefined for one that does not exist. */
type Weighted = { readonly cluster: string | undefined; readonly weight: number };

/** What Envoy answers where nobody can be asked. */
const UNAVAILABLE = { direct_response: { status: 503 } };

/** The action of a route: to one of the clusters by chance, retrying nothing that `more` does not ask for. */
export const actionTo = (weighted: readonly Weighted[], more: JsonRecord = {}): JsonRecord => {
  const known = weighted.flatMap(({ cluster, weight }) => (cluster === undefined ? [] : [{ name: cluster, weight }]));
  // Envoy refuses a configuration of which a route leads nowhere.
  if (known.reduce((sum, { weight }) => sum + weight, 0) === 0) return UNAVAILABLE;
  return { route: { ...more, weighted_clusters: { clusters: known } } };
};

/** Each cluster once. */
export const distinct = (clusters: readonly EnvoyCluster[]): readonly EnvoyCluster[] => [
  ...new Map(clusters.map((cluster) => [cluster.name, cluster])).values(),
];

/** A condition on text in Envoy's words. */
export const textMatch = (op: 'exact' | 'prefix' | 'suffix' | 'regex', value: string): JsonRecord =>
  op === 'regex' ? { safe_regex: { regex: value } } : { [op]: value };
