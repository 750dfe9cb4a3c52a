/** Something that a person must put right: what is wrong, where, and what would be right. */
export type Problem = {
  /** Where: a field path such as `spec.analysis.stepWeights[1]`, or an object such as `HTTPRoute shop/podinfo`. */
  readonly where: string;
  /** One sentence: what is wrong, the state found and the state wanted, without a final period. */
  readonly message: string;
  /** Condition and event reason. */
  readonly reason:
    | 'InvalidSpec'
    | 'AccessDenied'
    | 'ClusterNotReady'
    | 'RouteDrift'
    | 'MetricsUnavailable'
    | 'GitRefused'
    | 'Held';
};
