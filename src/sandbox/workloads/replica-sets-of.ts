import { hashOf } from '../../lib/hash.ts';
import { at, numberAt, recordAt, sameJson, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { oldestFirst } from './oldest-first.ts';
import { controlledBy } from './ownership.ts';
import { rolloutLimits } from './rolling-update.ts';

/** Label by which a ReplicaSet and its pods are told from those of the Deployment's other templates. */
const HASH_LABEL = 'pod-template-hash';
export const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';

/** Replicas that the object's spec asks for; Kubernetes' default is 1. */
export const wantedReplicas = (object: KubeObject): number => numberAt(object, 'spec', 'replicas') ?? 1;

/** A count of the object's status; Kubernetes leaves zeros out. */
export const statusCount = (object: KubeObject, field: string): number => numberAt(object, 'status', field) ?? 0;

/** The rollout number on a ReplicaSet; 0 when it has none. */
export const revisionOf = (set: KubeObject): number => Number(set.metadata.annotations?.[REVISION_ANNOTATION] ?? 0);

const templateWithoutHash = (set: KubeObject): unknown => {
  const template = recordAt(set, 'spec', 'template');
  const { [HASH_LABEL]: _, ...labels } = recordAt(template, 'metadata', 'labels');
  return { ...template, metadata: { ...recordAt(template, 'metadata'), labels } };
};

const templateOf = (deployment: KubeObject): unknown => {
  const template = recordAt(deployment, 'spec', 'template');
  const metadata = recordAt(template, 'metadata');
  return { ...template, metadata: { ...metadata, labels: recordAt(metadata, 'labels') } };
};

/** The ReplicaSet with exactly the Deployment's template, oldest first when there are several; and all others. */
export const partition = (
  deployment: KubeObject,
  sets: readonly KubeObject[],
): { readonly fresh: KubeObject | undefined; readonly old: readonly KubeObject[] } => {
  const template = templateOf(deployment);
  const sorted = sets.toSorted(oldestFirst);
  const fresh = sorted.find((set) => sameJson(templateWithoutHash(set), template));
  return { fresh, old: sorted.filter((set) => set !== fresh) };
};

const HISTORY_ANNOTATION = 'deployment.kubernetes.io/revision-history';
const DESIRED_ANNOTATION = 'deployment.kubernetes.io/desired-replicas';
const MAX_ANNOTATION = 'deployment.kubernetes.io/max-replicas';
const NOT_INHERITED: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION_ANNOTATION,
  HISTORY_ANNOTATION,
  DESIRED_ANNOTATION,
  MAX_ANNOTATION,
];

/** Annotations that a ReplicaSet gets from its Deployment. */
const inherited = (deployment: KubeObject): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !NOT_INHERITED.includes(name)),
  );

/** What the size of a ReplicaSet was worked out from; written when it gets a size. */
export const sizeAnnotations = (deployment: KubeObject): Readonly<Record<string, string>> => {
  const wanted = wantedReplicas(deployment);
  const { maxSurge } = rolloutLimits(deployment['spec'], wanted);
  const most = wanted === 0 ? 0 : wanted + maxSurge;
  return { [DESIRED_ANNOTATION]: String(wanted), [MAX_ANNOTATION]: String(most) };
};

/**
 * The ReplicaSet of the Deployment's template with what follows the Deployment: its annotations, minReadySeconds, and
 * the revision; a revision that it had before goes into its history.
 */
export const followed = (
  set: KubeObject,
  { deployment, revision }: { readonly deployment: KubeObject; readonly revision: number },
): KubeObject => {
  const before = revisionOf(set);
  const rises = before < revision;
  const history = [set.metadata.annotations?.[HISTORY_ANNOTATION], before].filter(Boolean).join(',');
  const { minReadySeconds: _, ...spec } = recordAt(set, 'spec');
  const minReadySeconds = at(deployment, 'spec', 'minReadySeconds');
  return {
    ...set,
    metadata: {
      ...set.metadata,
      annotations: {
        ...set.metadata.annotations,
        ...inherited(deployment),
        ...(rises ? { [REVISION_ANNOTATION]: String(revision) } : {}),
        ...(rises && before > 0 ? { [HISTORY_ANNOTATION]: history } : {}),
      },
    },
    spec: { ...spec, ...(minReadySeconds === undefined ? {} : { minReadySeconds }) },
  };
};

/** A ReplicaSet at 0 replicas for the template that the Deployment has. */
export const newReplicaSet = (deployment: KubeObject, revision: number): KubeObject => {
  const hash = hashOf(templateOf(deployment)).slice(0, 10);
  const template = recordAt(deployment, 'spec', 'template');
  const selector = recordAt(deployment, 'spec', 'selector');
  const labels = { ...recordAt(template, 'metadata', 'labels'), [HASH_LABEL]: hash };
  const minReadySeconds = at(deployment, 'spec', 'minReadySeconds');
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)])),
      annotations: {
        ...inherited(deployment),
        ...sizeAnnotations(deployment),
        [REVISION_ANNOTATION]: String(revision),
      },
      ownerReferences: [controlledBy(deployment)],
    },
    spec: {
      replicas: 0,
      selector: { ...selector, matchLabels: { ...recordAt(selector, 'matchLabels'), [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...recordAt(template, 'metadata'), labels } },
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
    },
  };
};

/** Old ReplicaSets beyond revisionHistoryLimit (10 unless set) that have no pods any more. */
export const surplus = (deployment: KubeObject, old: readonly KubeObject[]): readonly KubeObject[] => {
  const limit = numberAt(deployment, 'spec', 'revisionHistoryLimit') ?? 10;
  const excess = old.length - limit;
  if (excess <= 0) return [];
  return [...old]
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, excess)
    .filter(
      (set) =>
        wantedReplicas(set) === 0 &&
        statusCount(set, 'replicas') === 0 &&
        stringAt(set, 'metadata', 'deletionTimestamp') === undefined,
    );
};
