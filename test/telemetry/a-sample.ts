import type { CanarySample, EndSample } from '#src/telemetry/canary-sample.ts';

export const aSample = (parts: Partial<CanarySample> = {}): CanarySample => ({
  namespace: 'shop',
  name: 'podinfo',
  target: 'app',
  phase: 'Progressing',
  weight: 5,
  metrics: [],
  isShadow: false,
  ...parts,
});

export const anEnd = (parts: Partial<EndSample> = {}): EndSample => ({
  namespace: 'shop',
  name: 'podinfo',
  target: 'app',
  isShadow: false,
  outcome: 'RolledBack',
  cause: 'ThresholdReached',
  strategy: 'canary',
  fast: false,
  ...parts,
});
