import type { JsonRecord } from '#src/lib/json.ts';
import { recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { aTarget, aTemplate } from '../a-target.ts';

export const ZERO = { 'serin.dev/scale-to-zero': 'true' };

/** The template of the target with another image, and a nodeSelector. */
export const templateOf = (image: string, nodeSelector?: JsonRecord): JsonRecord => ({
  metadata: { labels: { app: 'podinfo' } },
  spec: { ...(nodeSelector === undefined ? {} : { nodeSelector }), containers: [{ name: 'app', image }] },
});

/** DaemonSet `podinfo` as it stands in Git and as Kubernetes has acted on it. */
export const aDaemonSet = (
  options: { readonly template?: JsonRecord; readonly spec?: JsonRecord; readonly status?: JsonRecord } = {},
): KubeObject => {
  const { template = templateOf('app:1'), spec = {}, status = {} } = options;
  const { metadata } = aTarget();
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, 'deprecated.daemonset.template.generation': '7' },
    },
    spec: {
      minReadySeconds: 5,
      revisionHistoryLimit: 4,
      selector: { matchLabels: { app: 'podinfo' } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      template,
      ...spec,
    },
    status: { observedGeneration: 3, ...status },
  };
};

/** What Kubernetes keeps of a template of the DaemonSet. */
export const aRevision = (
  daemonSet: KubeObject,
  of: { readonly hash: string; readonly template: JsonRecord; readonly number: number },
): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  metadata: {
    name: `podinfo-${of.hash}`,
    namespace: 'shop',
    labels: { app: 'podinfo', 'controller-revision-hash': of.hash },
    creationTimestamp: new Date(Date.UTC(2026, 0, 1) + of.number * 1000).toISOString(),
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'podinfo', uid: daemonSet.metadata.uid ?? '' }],
  },
  data: { spec: { template: { ...of.template, $patch: 'replace' } } },
  revision: of.number,
});

/** A pod of the DaemonSet on a node. */
export const aNodePod = (
  node: string,
  of: { readonly hash?: string; readonly ready?: boolean; readonly owner?: string; readonly bound?: boolean } = {},
): KubeObject => {
  const { hash = 'h1', ready = true, owner = 'target-1', bound = true } = of;
  const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }];
  const affinity = {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${owner}-${node}`,
      namespace: 'shop',
      uid: `${owner}-${node}`,
      labels: { app: 'podinfo', 'controller-revision-hash': hash },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'x', uid: owner }],
    },
    spec: { affinity, ...(bound ? { nodeName: node } : {}) },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
};

/** The whole template of the tests, with every way to refer to a config. */
export const wholeTemplate = (nodeSelector?: JsonRecord): JsonRecord => {
  const template = aTemplate();
  return {
    ...template,
    spec: { ...recordAt(template, 'spec'), ...(nodeSelector === undefined ? {} : { nodeSelector }) },
  };
};
