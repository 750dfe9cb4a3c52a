import { z } from 'zod';
import { analysis } from './canary-analysis.ts';
import { service } from './canary-service.ts';
import { baseName, duration, httpUrl, namedList, namespace, objectName, text, textMap } from './field.ts';
import { targetKindNamed } from './target-kinds.ts';

const targetRef = z.strictObject({
  apiVersion: text(100).default('apps/v1').describe('API version of the target.'),
  kind: text(63).default('Deployment').describe('Kind of the target: Deployment, DaemonSet or Service.'),
  name: baseName.describe('Name of the target, at most 55 characters, in the same namespace.'),
});

const objectRef = z.strictObject({
  apiVersion: text(100).describe('API version of the object.'),
  kind: text(63).describe('Kind of the object.'),
  name: objectName.describe('Name of the object, in the same namespace.'),
});

const upstreamRef = z.strictObject({
  apiVersion: text(100).optional().describe('API version of the Upstream: gloo.solo.io/v1.'),
  kind: text(63).optional().describe('Kind: Upstream.'),
  name: objectName.describe('Name of the Upstream.'),
  namespace: namespace.optional().describe("Its namespace; the Canary's own when absent."),
});

const replicas = z.int().min(1).max(100_000);
const autoscalerRef = z.strictObject({
  apiVersion: text(100).describe('autoscaling/v2 or keda.sh/v1alpha1.'),
  kind: z.enum(['HorizontalPodAutoscaler', 'ScaledObject']).describe('Kind of the autoscaler.'),
  name: objectName.describe('Name of the autoscaler, in the same namespace.'),
  primaryScalerQueries: textMap({ entries: 32, length: 4096 })
    .optional()
    .describe("Queries of the primary's ScaledObject, by trigger name."),
  primaryScalerReplicas: z
    .strictObject({
      minReplicas: replicas.optional().describe('Fewest replicas of the primary.'),
      maxReplicas: replicas.optional().describe('Most replicas of the primary.'),
    })
    .optional()
    .describe("Bounds of the primary's autoscaler."),
});

const repositoryRef = z.strictObject({
  name: objectName.describe('Name of the Repository.'),
  namespace: namespace.optional().describe("Its namespace; the Canary's own when absent. Others must allow it."),
});
const path = z.string().min(1).max(512);
const promotion = z.strictObject({
  name: text(63).describe('Name of the next environment.'),
  path: path.optional().describe('Its folder.'),
  branch: text(253).optional().describe('Its branch.'),
  repositoryRef: repositoryRef.optional().describe('Its Repository.'),
  after: duration.optional().describe('How long a version must have served before it is handed on.'),
  by: z.enum(['commit', 'pullRequest', 'commitOrPullRequest']).optional().describe('How it is handed on.'),
});

const git = z.strictObject({
  repositoryRef: repositoryRef.describe('Repository that the target comes from.'),
  path: path.describe("Folder of the target's manifests, below the Repository's root."),
  onFailure: z
    .enum(['none', 'record', 'revert', 'pullRequest', 'revertOrPullRequest'])
    .optional()
    .describe('After a rollback. Absent: revertOrPullRequest where the Repository has a provider, else revert.'),
  onSuccess: z.enum(['none', 'record']).default('record').describe('After a promotion.'),
  // Known, refused by the rule table until they are built.
  required: z.boolean().optional().describe('The run ends only when Git has its outcome.'),
  freeze: z.boolean().optional().describe('Writes nothing to Git.'),
  promote: namedList(promotion, 16).optional().describe('Environments that get a promoted version next.'),
});

/**
 * What users write below `spec`, with the defaults that the cluster fills in. Everything that is known stands here,
 * also what is not acted on yet: a field that the cluster does not know is dropped before any rule can refuse it.
 */
export const storedCanarySpec = z.strictObject({
  targetRef: targetRef.describe('The workload in Git. One Canary per target.'),
  provider: text(63)
    .optional()
    .describe(
      'Data plane: gatewayapi, istio, nginx, appmesh or gloo. Absent: follows from service.gatewayRefs, routeRef, ingressRef or service.gateways.',
    ),
  ingressRef: objectRef.optional().describe('Ingress whose traffic is split (NGINX).'),
  routeRef: objectRef.optional().describe('A route that lives in Git and is adopted: an HTTPRoute or VirtualService.'),
  upstreamRef: upstreamRef.optional().describe("Gloo's Upstream whose settings the sides' Upstreams get."),
  service: service.describe('The Services and how traffic reaches them.'),
  progressDeadlineSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(600)
    .describe('How long canary and primary may take to become ready.'),
  pinImages: z.boolean().default(true).describe('Promotes image digests as they ran in the canary.'),
  canaryReplicas: z
    .enum(['proportional', 'full'])
    .default('proportional')
    .describe('Size of the canary: proportional to its next weight, or as large as the primary.'),
  canaryMinReplicas: z.int().min(1).max(1000).default(1).describe('Fewest replicas of the canary.'),
  metricsServer: httpUrl
    .optional()
    .describe("Prometheus of built-in and inline metrics; the controller's --metrics-server when absent."),
  analysis: analysis.describe('How the weight rises and what is asked at each step.'),
  git: git.optional().describe('Where outcomes are committed; nowhere when absent.'),
  acknowledgeEndOfLife: z.boolean().optional().describe('Accepts a data plane that its makers have given up.'),
  revertOnDeletion: z
    .boolean()
    .optional()
    .describe('Accepted from Flagger without effect: deletion always restores what was there before.'),
  autoscalerRef: autoscalerRef
    .optional()
    .describe("The target's autoscaler: the primary gets one like it, and its replicas are left to that."),
  skipAnalysis: z.boolean().optional().describe('Promotes without analysis.'),
  suspend: z.boolean().optional().describe('Pauses a run where it is.'),
});
export type StoredCanarySpec = z.output<typeof storedCanarySpec>;

/**
 * The spec as the controller uses it. `threshold` is filled in here and not by the cluster, because whether it was
 * written decides which judge is meant.
 */
export const canarySpec = storedCanarySpec.transform((spec) => ({
  ...spec,
  targetRef: { ...spec.targetRef, kind: targetKindNamed(spec.targetRef.kind) },
  analysis: { ...spec.analysis, threshold: spec.analysis.threshold ?? 1 },
}));
export type CanarySpec = z.output<typeof canarySpec>;
export type CanarySpecInput = z.input<typeof canarySpec>;
export type MetricSpec = CanarySpec['analysis']['metrics'][number];
