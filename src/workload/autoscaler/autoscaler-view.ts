import { foreignWriterOf } from '../../api/field-owner.ts';
import { isMadeFor } from '../../api/ownership.ts';
import { covers } from '../../lib/covers.ts';
import { type JsonRecord, recordAt, sameJson } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { AutoscalerView } from '../../rollout/observed.ts';
import type { CanaryIdentity } from '../names.ts';
import { type AutoscalerRef, idleReplicas, ownBounds, primaryBounds } from './bounds.ts';
import { measuredLoad } from './measured-load.ts';
import { pauseView } from './pause.ts';
import { primaryAutoscaler } from './primary-autoscaler.ts';

/** Without what a floor changes. */
const unfloored = ({
  minReplicas: _min,
  minReplicaCount: _count,
  idleReplicaCount: _idle,
  ...spec
}: JsonRecord): JsonRecord => spec;

/** True when applying `wanted` would change nothing but the fewest replicas. */
const isCurrent = (standing: KubeObject, { wanted, canaryUid }: { wanted: KubeObject; canaryUid: string }): boolean =>
  isMadeFor(standing, canaryUid) &&
  covers(standing.metadata.labels, wanted.metadata.labels) &&
  covers(standing.metadata.annotations, wanted.metadata.annotations) &&
  sameJson(unfloored(recordAt(standing, 'spec')), unfloored(recordAt(wanted, 'spec')));

/** The target's autoscaler and the primary's as `decide` sees them. */
export const autoscalerView = ({
  source,
  standing,
  canary,
  ref,
}: {
  /** The target's. */
  readonly source: KubeObject;
  /** The primary's, as it stands. */
  readonly standing?: KubeObject | undefined;
  readonly canary: CanaryIdentity;
  readonly ref: AutoscalerRef;
}): AutoscalerView => {
  const idle = idleReplicas(source);
  const load = standing && measuredLoad(standing);
  const wanted = primaryAutoscaler(source, { canary, ref });
  const current = standing !== undefined && isCurrent(standing, { wanted, canaryUid: canary.uid });
  const changedBy = standing === undefined || current ? undefined : foreignWriterOf(standing, ['f:spec']);
  return {
    kind: ref.kind,
    name: ref.name,
    ...primaryBounds(source, ref),
    ...(idle === undefined ? {} : { idle }),
    current,
    ...(standing === undefined ? {} : { fewest: idleReplicas(standing) ?? ownBounds(standing).min }),
    ...(changedBy === undefined ? {} : { changedBy }),
    ...(load === undefined ? {} : { load }),
    ...(source.kind === 'ScaledObject' ? pauseView(source, canary.uid) : {}),
  };
};
