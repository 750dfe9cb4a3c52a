import type { JsonRecord } from '#src/lib/json.ts';
import { recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { GATEWAY } from '#src/sandbox/cluster.ts';
import { HOST } from '#test/harness/manifests.ts';

/** A flagger.app Canary as a team of Flagger's users has written it. */
export const aFlaggerCanary = (spec: JsonRecord = {}, name = 'podinfo'): KubeObject => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { name, namespace: 'shop' },
  spec: {
    provider: 'gatewayapi:v1',
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    progressDeadlineSeconds: 60,
    service: { port: 80, targetPort: 9898, gatewayRefs: [GATEWAY], hosts: [HOST] },
    analysis: {
      interval: '10s',
      threshold: 2,
      maxWeight: 50,
      stepWeight: 25,
      metrics: [{ name: 'request-success-rate', interval: '10s', thresholdRange: { min: 99 } }],
    },
    ...spec,
  },
});

/** The same with fields of `spec.analysis` changed. */
export const withAnalysis = (analysis: JsonRecord, canary = aFlaggerCanary()): KubeObject => ({
  ...canary,
  spec: { ...recordAt(canary, 'spec'), analysis: { ...recordAt(canary, 'spec', 'analysis'), ...analysis } },
});

/** The namespace of the tests, which lets Serin run Flagger's objects, or does not. */
export const shop = (isInvited: boolean): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', labels: isInvited ? { 'serin.dev/watch-flagger': 'true' } : {} },
});

/** A Flagger as its own manifests install it. */
export const aFlagger = (
  options: { readonly args?: readonly string[]; readonly replicas?: number; readonly image?: string } = {},
): KubeObject => {
  const { args = ['-log-level=info'], replicas = 1, image = 'ghcr.io/fluxcd/flagger:1.44.0' } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'flagger', namespace: 'flux-system' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'flagger' } },
      template: {
        metadata: { labels: { app: 'flagger' } },
        spec: { containers: [{ name: 'flagger', image, command: ['./flagger', ...args] }] },
      },
    },
  };
};
