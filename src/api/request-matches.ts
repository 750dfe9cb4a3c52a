import { z } from 'zod';
import { text } from './field.ts';

/** Longest text that a header, a cookie or a parameter is compared with. */
const LONGEST = 1024;
const MOST_NAMES = 16;

const valueMatch = z.strictObject({
  exact: z.string().max(LONGEST).optional().describe('The whole value.'),
  prefix: text(LONGEST).optional().describe('What the value begins with.'),
  suffix: text(LONGEST).optional().describe('What the value ends with.'),
  regex: text(LONGEST).optional().describe('Regular expression (RE2) that fits the whole value.'),
});
export type ValueMatchSpec = z.output<typeof valueMatch>;

const byName = z
  .record(z.string().max(253), valueMatch)
  .refine((map) => Object.keys(map).length <= MOST_NAMES)
  .meta({ maxProperties: MOST_NAMES, want: `at most ${MOST_NAMES} names` });

const requestMatch = z.strictObject({
  headers: byName
    .optional()
    .describe('Headers by name; a cookie is a header cookie with a regex such as ^(.*?;)?(canary=always)(;.*)?$.'),
  queryParams: byName.optional().describe('Query parameters by name; one without exact, prefix and regex may be any.'),
  sourceLabels: z
    .record(z.string().max(253), z.string().max(63))
    .refine((map) => Object.keys(map).length <= MOST_NAMES)
    .meta({ maxProperties: MOST_NAMES, want: `at most ${MOST_NAMES} labels` })
    .optional()
    .describe('Labels of the calling pods.'),
});
export type RequestMatchSpec = z.output<typeof requestMatch>;

/** `spec.analysis.match`, in Flagger's shape: any item may fit, and in it everything must. */
export const requestMatches = z.array(requestMatch).max(32);
