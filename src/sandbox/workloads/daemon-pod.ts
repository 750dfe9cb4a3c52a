import { at, isRecord, listAt, numberAt, recordAt, stringAt, stringsAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { REVISION_HASH } from './daemon-history.ts';
import { hasLabels } from './label-selector.ts';
import { controlledBy } from './ownership.ts';

const ANY_NODE = 'requiredDuringSchedulingIgnoredDuringExecution';

/** What every pod of a DaemonSet tolerates, as its controller adds it. */
const TOLERATED: readonly Readonly<Record<string, string>>[] = [
  { effect: 'NoExecute', key: 'node.kubernetes.io/not-ready', operator: 'Exists' },
  { effect: 'NoExecute', key: 'node.kubernetes.io/unreachable', operator: 'Exists' },
  { effect: 'NoSchedule', key: 'node.kubernetes.io/disk-pressure', operator: 'Exists' },
  { effect: 'NoSchedule', key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' },
  { effect: 'NoSchedule', key: 'node.kubernetes.io/pid-pressure', operator: 'Exists' },
  { effect: 'NoSchedule', key: 'node.kubernetes.io/unschedulable', operator: 'Exists' },
];

const templateSpec = (daemonSet: KubeObject): unknown => at(daemonSet, 'spec', 'template', 'spec');

/** The name of the node that the pod must run on: where it is, else what its affinity asks for. */
export const nodeOf = (pod: KubeObject): string | undefined => stringAt(pod, 'spec', 'nodeName') ?? nodeAskedFor(pod);

/** The only node that a DaemonSet's pod may be bound to; undefined for every other pod. */
export const nodeAskedFor = (pod: KubeObject): string | undefined =>
  stringAt(
    pod,
    ...['spec', 'affinity', 'nodeAffinity', ANY_NODE, 'nodeSelectorTerms', 0, 'matchFields', 0, 'values', 0],
  );

/** Another node affinity of the template is not kept: the sandbox does not look at it. */
export const daemonPod = (
  daemonSet: KubeObject,
  { node, hash, suffix }: { readonly node: string; readonly hash: string; readonly suffix: string },
): KubeObject => {
  const { name, namespace = '' } = daemonSet.metadata;
  const spec = recordAt(templateSpec(daemonSet));
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  const nodeAffinity = { [ANY_NODE]: { nodeSelectorTerms: [{ matchFields }] } };
  const annotations = at(daemonSet, 'spec', 'template', 'metadata', 'annotations');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${name}-`,
      name: `${name}-${suffix}`,
      namespace,
      labels: {
        ...stringsAt(daemonSet, 'spec', 'template', 'metadata', 'labels'),
        [REVISION_HASH]: hash,
        'pod-template-generation': String(numberAt(daemonSet, 'metadata', 'generation') ?? 1),
      },
      ...(isRecord(annotations) ? { annotations: stringsAt(annotations) } : {}),
      ownerReferences: [controlledBy(daemonSet)],
    },
    spec: {
      ...spec,
      affinity: { ...recordAt(spec, 'affinity'), nodeAffinity },
      tolerations: [...listAt(spec, 'tolerations'), ...TOLERATED],
    },
  };
};

const tolerates = (toleration: unknown, taint: unknown): boolean => {
  const [key, effect] = [stringAt(toleration, 'key') ?? '', stringAt(toleration, 'effect') ?? ''];
  if (effect !== '' && effect !== stringAt(taint, 'effect')) return false;
  if (key !== '' && key !== stringAt(taint, 'key')) return false;
  return (
    stringAt(toleration, 'operator') === 'Exists' ||
    (stringAt(toleration, 'value') ?? '') === (stringAt(taint, 'value') ?? '')
  );
};

/** Whether a node should get a pod of the DaemonSet, and whether one that it has may stay. */
export const fit = (
  daemonSet: KubeObject,
  node: KubeObject,
): { readonly shouldRun: boolean; readonly mayStay: boolean } => {
  const spec = templateSpec(daemonSet);
  const name = stringAt(spec, 'nodeName') ?? '';
  const named = name === '' || name === node.metadata.name;
  if (!named || !hasLabels(node.metadata.labels ?? {}, stringsAt(spec, 'nodeSelector'))) {
    return { shouldRun: false, mayStay: false };
  }
  const tolerations = [...listAt(spec, 'tolerations'), ...TOLERATED];
  const bad = listAt(node, 'spec', 'taints')
    .filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)))
    .map((taint) => stringAt(taint, 'effect'));
  const mayStay = !bad.includes('NoExecute');
  return { shouldRun: mayStay && !bad.includes('NoSchedule'), mayStay };
};
