import { z } from 'zod';
import { DURATION_PATTERN } from './duration.ts';

const duration = z.string().max(32).regex(new RegExp(DURATION_PATTERN));
const name = z.string().min(1).max(253);

const targetRef = z.strictObject({
  apiVersion: z.string().max(100).default('apps/v1'),
  kind: z.string().max(63).default('Deployment'),
  name: z.string().min(1).max(55),
});
const objectRef = z.strictObject({ apiVersion: z.string().max(100), kind: z.string().max(63), name });
const gatewayRef = z.strictObject({
  group: z.string().max(253).optional(),
  kind: z.string().max(63).optional(),
  namespace: z.string().max(63).optional(),
  name,
  sectionName: z.string().max(253).optional(),
  port: z.int().min(1).max(65535).optional(),
});

const service = z.strictObject({
  name: z.string().min(1).max(63).optional(),
  port: z.int().min(1).max(65535),
  portName: z.string().max(63).default('http'),
  targetPort: z.union([z.int(), z.string().max(63)]).optional(),
  appProtocol: z.string().max(63).optional(),
  gatewayRefs: z.array(gatewayRef).max(16).optional(),
  hosts: z.array(z.string().max(253)).max(64).optional(),
});

const thresholdRange = z.strictObject({ min: z.number().optional(), max: z.number().optional() });
const metric = z.strictObject({
  name: z.string().min(1).max(63),
  interval: duration.optional(),
  thresholdRange: thresholdRange.optional(),
  query: z.string().max(4096).optional(),
  templateRef: z
    .strictObject({
      kind: z.enum(['AnalysisTemplate', 'ClusterAnalysisTemplate']).default('AnalysisTemplate'),
      name,
      namespace: z.string().max(63).optional(),
    })
    .optional(),
  args: z.record(z.string().max(63), z.string().max(1024)).optional(),
  failureLimit: z.int().min(1).max(100).optional(),
  initialDelay: duration.optional(),
  dryRun: z.boolean().default(false),
});
const alert = z.strictObject({
  name: z.string().min(1).max(63),
  severity: z.enum(['info', 'warn', 'error']).default('info'),
  providerRef: z.strictObject({ kind: z.string().max(63).optional(), name, namespace: z.string().max(63).optional() }),
});
const analysis = z.strictObject({
  judge: z.enum(['threshold', 'evidence']).optional(),
  interval: duration.default('60s'),
  threshold: z.int().min(1).max(1000).default(1),
  consecutiveThreshold: z.int().min(1).max(1000).optional(),
  stepWeight: z.int().min(1).max(100).optional(),
  stepWeights: z.array(z.int().min(1).max(100)).min(1).max(100).optional(),
  maxWeight: z.int().min(1).max(100).default(100),
  verifyTraffic: z.enum(['required', 'best-effort', 'off']).default('best-effort'),
  metrics: z.array(metric).max(50).default([]),
  alerts: z.array(alert).max(20).default([]),
});
const git = z.strictObject({
  repositoryRef: z.strictObject({ name, namespace: z.string().max(63).optional() }),
  path: z.string().max(512),
  onFailure: z.enum(['none', 'record', 'revert', 'pullRequest', 'revertOrPullRequest']).optional(),
  onSuccess: z.enum(['none', 'record']).default('record'),
});

/** What users write below `spec`. Parsed once when the object enters the cache; defaults are filled in. */
export const canarySpec = z.strictObject({
  targetRef,
  provider: z.string().max(63).optional(),
  ingressRef: objectRef.optional(),
  routeRef: objectRef.optional(),
  service,
  progressDeadlineSeconds: z.int().min(1).max(86_400).default(600),
  pinImages: z.boolean().default(true),
  canaryReplicas: z.enum(['proportional', 'full']).default('proportional'),
  canaryMinReplicas: z.int().min(1).max(1000).default(1),
  metricsServer: z.string().max(2048).optional(),
  analysis: analysis.prefault({}),
  git: git.optional(),
});

export type CanarySpec = z.output<typeof canarySpec>;
export type CanarySpecInput = z.input<typeof canarySpec>;
export type MetricSpec = CanarySpec['analysis']['metrics'][number];
