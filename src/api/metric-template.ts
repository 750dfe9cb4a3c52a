import { z } from 'zod';
import { SENSITIVE, want } from './field.ts';
import { flaggerParser } from './flagger-parser.ts';
import type { Problem } from './problem.ts';

/** Metrics servers that Flagger asks and Serin does not ask yet. */
const NOT_YET = [
  'datadog',
  'cloudwatch',
  'newrelic',
  'graphite',
  'dynatrace',
  'splunk',
  'stackdriver',
  'influxdb',
  'keptn',
  'externalmetrics',
];

/** `spec` of Flagger's MetricTemplate, `flagger.app/v1beta1`: one question that several Canaries ask. */
const metricTemplateSpec = z.object({
  provider: z.object({
    type: z.string().max(63),
    address: z
      .string()
      .max(2048)
      .regex(/^(https?:\/\/[^ ]+)?$/)
      .meta({ ...SENSITIVE, ...want('an address that starts with http:// or https://') })
      .optional(),
    headers: z.record(z.string(), z.array(z.string().max(4096)).meta(SENSITIVE)).optional(),
    secretRef: z.object({ name: z.string().min(1).max(253) }).optional(),
    insecureSkipVerify: z.boolean().default(false),
  }),
  query: z.string().min(1).max(16_384),
});
export type MetricTemplateSpec = z.output<typeof metricTemplateSpec>;

const wrong = (where: string, message: string): readonly Problem[] => [{ where, message, reason: 'InvalidSpec' }];

/** A MetricTemplate as it stands in the cluster. */
export const parseMetricTemplate = flaggerParser(metricTemplateSpec, ({ provider: { type, address = '' } }) => {
  if (NOT_YET.includes(type))
    return wrong('spec.provider.type', `Provider ${type} is not supported yet: want prometheus`);
  if (type !== 'prometheus') return wrong('spec.provider.type', `Found ${JSON.stringify(type)}: want prometheus`);
  if (address === '')
    return wrong('spec.provider.address', 'Required field is missing: want the address of a Prometheus');
  return [];
});
