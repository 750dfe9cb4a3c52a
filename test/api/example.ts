import type { CanarySpecInput } from '#src/api/canary.ts';

/** The Canary of the README. */
export const canaryExample = {
  apiVersion: 'serin.dev/v1alpha1',
  kind: 'Canary',
  metadata: { name: 'podinfo', namespace: 'shop' },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    service: {
      port: 80,
      targetPort: 9898,
      gatewayRefs: [{ name: 'edge', namespace: 'gateways' }],
      hosts: ['podinfo.example.com'],
    },
    analysis: {
      interval: '30s',
      threshold: 2,
      stepWeights: [5, 10, 25, 50],
      metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
    },
    git: { repositoryRef: { name: 'config' }, path: 'apps/podinfo', onFailure: 'revert' },
  } satisfies CanarySpecInput,
} as const;

/** The smallest right spec of each kind. */
export const SPECS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Canary: canaryExample.spec,
  CanaryRun: {
    canaryRef: { name: 'podinfo' },
    run: '7f9c-1',
    revision: '7f9c',
    previous: '5d2a',
    images: { app: 'podinfo:6.1' },
    strategy: 'canary',
    provider: 'gatewayapi',
    startedAt: '2026-11-21T08:00:00Z',
    endedAt: '2026-11-21T08:05:00Z',
    outcome: 'RolledBack',
    cause: 'ThresholdReached',
    sentence: 'Rolled back: request-success-rate 91 is below 99',
    steps: [{ index: 1, weight: 5, from: '2026-11-21T08:01:00Z' }],
    checks: [{ name: 'request-success-rate', at: '2026-11-21T08:02:00Z', value: 91, min: 99, verdict: 'fail' }],
  },
  CanaryAction: { canaryRef: { name: 'podinfo' }, run: '7f9c-1', verb: 'abort', requestedBy: 'alice@example.com' },
  AnalysisTemplate: {
    query: 'max(queue_lag{namespace="{{ namespace }}", queue="{{ args.queue }}"})',
    args: [{ name: 'queue' }],
  },
  ClusterAnalysisTemplate: { query: 'up' },
  NotificationProvider: { type: 'slack', secretRef: { name: 'slack' } },
  Repository: { url: 'https://git.example.com/shop/config.git', secretRef: { name: 'config-git' } },
};
