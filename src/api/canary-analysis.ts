import { z } from 'zod';
import { duration, namedList, namespace, objectName, percent, text, textMap, weight } from './field.ts';
import { requestMatches } from './request-matches.ts';
import { sessionAffinity } from './session-affinity.ts';
import { webhook } from './webhook.ts';
import { SEVERITIES } from './words.ts';

const thresholdRange = z.strictObject({
  min: z.number().optional().describe('Lowest value that passes.'),
  max: z.number().optional().describe('Highest value that passes.'),
});

const metric = z.strictObject({
  name: text(63).describe(
    'Built in: request-success-rate (percent), request-duration (p99, ms); else a name of your own.',
  ),
  interval: duration.optional().describe('How far the query looks back; analysis.interval when absent, at least 1s.'),
  thresholdRange: thresholdRange.optional().describe('The values that pass; needs min or max.'),
  query: text(4096).optional().describe('PromQL that gives one number, with the variables of an AnalysisTemplate.'),
  templateRef: z
    .strictObject({
      kind: z
        .enum(['AnalysisTemplate', 'ClusterAnalysisTemplate', 'MetricTemplate'])
        .default('AnalysisTemplate')
        .describe("Kind of the template; MetricTemplate is Flagger's."),
      name: objectName.describe('Name of the template.'),
      namespace: namespace.optional().describe("Namespace of the template; the Canary's own when absent."),
    })
    .optional()
    .describe('Template that holds the query.'),
  args: textMap({ entries: 32, length: 1024 }).optional().describe("Values of the template's args."),
  failureLimit: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("Failed windows of this metric before rollback, beside the run's threshold."),
  initialDelay: duration.optional().describe('From the start of the run until this metric counts.'),
  dryRun: z.boolean().default(false).describe('Measured and shown, never counted.'),
  threshold: z
    .number()
    .optional()
    .describe("Flagger's old form of thresholdRange: min of request-success-rate, max of everything else."),
  templateVariables: textMap({ entries: 32, length: 1024 }).optional().describe("Flagger's name of args."),
});

const alert = z.strictObject({
  name: text(63).describe('Name of the alert.'),
  severity: z.enum(SEVERITIES).default('info').describe('Lowest severity that is sent.'),
  providerRef: z
    .strictObject({
      kind: z
        .string()
        .max(63)
        .optional()
        .describe("NotificationProvider, also when absent, or Flagger's AlertProvider."),
      name: objectName.describe('Name of the provider.'),
      namespace: namespace.optional().describe("Its namespace; the Canary's own when absent."),
    })
    .describe('Who receives it.'),
});

const tolerance = z.strictObject({
  relative: percent.optional().describe("Share of the primary's value that is allowed on top of it."),
  absolute: percent.optional().describe('Percentage points that are allowed on top of it.'),
});

/** `spec.analysis`: how the weight rises and what is asked at each step. */
export const analysis = z.strictObject({
  judge: z
    .enum(['threshold', 'evidence'])
    .optional()
    .describe('Who decides. Absent: threshold when metrics have a thresholdRange or threshold is set, else evidence.'),
  interval: duration.default('60s').describe('Length of one window: a step lasts at least this long; at least 1s.'),
  threshold: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Failed windows before rollback, counted over the whole run; 1 when absent.'),
  consecutiveThreshold: z.int().min(1).max(1000).optional().describe('Failed windows in a row before rollback.'),
  stepWeight: weight.optional().describe('Percent that each step adds, up to maxWeight.'),
  stepWeights: z.array(weight).min(1).max(100).optional().describe('Percent of each step, strictly ascending.'),
  maxWeight: weight.default(100).describe('Percent at which stepWeight ends and the canary is promoted.'),
  verifyTraffic: z
    .enum(['required', 'best-effort', 'off'])
    .default('best-effort')
    .describe('Whether a step waits until the shifted traffic is seen in the metrics.'),
  metrics: namedList(metric, 50).default([]).describe('What is measured in every window; all must pass.'),
  alerts: namedList(alert, 20).default([]).describe('Who is told.'),
  // Known, refused by the rule table until they are built.
  iterations: z.int().min(0).max(1000).optional().describe('Length of blue/green and A/B, in intervals.'),
  match: requestMatches.optional().describe('Requests that go to the canary in an A/B run: those that any item fits.'),
  mirror: z.boolean().optional().describe('Mirrors requests to the canary before the first step.'),
  mirrorWeight: z.int().min(0).max(100).optional().describe('Percent of requests that are mirrored.'),
  stepWeightPromotion: z.int().min(0).max(100).optional().describe('Percent per step on the way back to the primary.'),
  sessionAffinity: sessionAffinity
    .optional()
    .describe("Cookies by which clients stay on the side that answered them first, the canary's as well."),
  webhooks: namedList(webhook, 32).optional().describe('Hooks and gates.'),
  primaryReadyThreshold: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("Percent of the primary's pods that must be available, rounded up, at least one; all when absent."),
  canaryReadyThreshold: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("Percent of the canary's pods that must be available, rounded up, at least one; all when absent."),
  slo: percent.optional().describe('Success rate that is promised to users.'),
  tolerance: tolerance.optional().describe('How much worse than the primary the error rate may be.'),
  latency: tolerance.optional().describe('How much worse than the primary the latency may be.'),
  confidence: percent.optional().describe('How sure a rollback must be.'),
  maxImpact: duration.optional().describe('Total outage that one bad release may cost.'),
  bake: duration.optional().describe('Earliest promotion.'),
  maxDuration: duration.optional().describe('Longest run.'),
  onInconclusive: z
    .enum(['hold', 'promote', 'rollback'])
    .optional()
    .describe('What happens when the evidence does not suffice; hold (a person decides) when absent.'),
});
