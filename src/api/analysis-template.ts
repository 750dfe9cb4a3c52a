import { z } from 'zod';
import { httpUrl, namedList, SENSITIVE, secretKeyRef, secretRef, text, textMap, want } from './field.ts';

const arg = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/)
    .meta(want('a name of letters, digits, "_" and "-"'))
    .describe('Name; stands in the query as {{ args.NAME }}.'),
  description: text(512).optional().describe('What it is for.'),
  pattern: text(256).optional().describe('Regular expression (RE2) that a value must match.'),
  default: z.string().max(1024).optional().describe('Value when the Canary gives none; required when absent.'),
  valueFrom: z
    .strictObject({ secretKeyRef: secretKeyRef.describe('Key of a Secret.') })
    .optional()
    .describe('Where the value comes from; never shown.'),
});

const provider = z.strictObject({
  type: text(63).default('prometheus').describe('Kind of metrics server: prometheus.'),
  address: httpUrl.optional().describe("Address of the metrics server; the controller's --metrics-server when absent."),
  secretRef: secretRef.optional().describe('Secret with the key token, or username and password.'),
  headers: textMap({ entries: 32, length: 4096 })
    .meta(SENSITIVE)
    .optional()
    .describe('Headers that are sent along, such as X-Scope-OrgID.'),
  insecureSkipVerify: z.boolean().default(false).describe("Skips the verification of the server's certificate."),
  region: text(63).optional().describe('Region of the metrics server (CloudWatch).'),
});

/** `spec` of AnalysisTemplate and ClusterAnalysisTemplate: one question that several Canaries ask. */
export const analysisTemplateSpec = z.strictObject({
  description: text(512).optional().describe('What the query measures.'),
  args: namedList(arg, 32).default([]).describe('Values that the Canary gives.'),
  provider: provider.prefault({}).describe('Where the query is asked.'),
  query: text(4096).describe('PromQL that gives one number; variables stand in {{ }}.'),
  unit: text(32).optional().describe('Unit of the number, for people.'),
  direction: z
    .enum(['lowerIsBetter', 'higherIsBetter'])
    .optional()
    .describe('Which way is better, for people and for comparisons with the primary.'),
  noData: z
    .enum(['hold', 'fail'])
    .default('hold')
    .describe('No value: hold the step, or count the window as failed. Never a pass.'),
  samples: z.int().min(1).max(1_000_000).default(1).describe('Fewest samples that count.'),
});
export type AnalysisTemplateSpec = z.output<typeof analysisTemplateSpec>;
