import { z } from 'zod';
import { objectName, text } from './field.ts';
import { VERBS } from './words.ts';

/** `spec` of a CanaryAction: what one person asks of one run. Written once. */
export const canaryActionSpec = z.strictObject({
  canaryRef: z.strictObject({ name: objectName.describe('Name of the Canary.') }).describe('The Canary.'),
  run: text(253).optional().describe('Id of the run that is meant; not needed for retry and unquarantine.'),
  revision: text(253).optional().describe('Revision that is meant; needed for retry and unquarantine.'),
  verb: z.enum(VERBS).describe('What is asked.'),
  gate: text(63).optional().describe('Gate that is approved or rejected.'),
  reason: text(1024).optional().describe('Why, for the record.'),
  requestedBy: text(512).describe('Who asks; held by admission to be the user who writes the object.'),
  expiresAt: z.iso
    .datetime({ offset: true })
    .max(64)
    .optional()
    .describe(
      'The action counts until then, RFC 3339. Absent: for an hour, abort, pause and reject for as long as the run.',
    ),
});
export type CanaryActionSpec = z.output<typeof canaryActionSpec>;

/** `status` of a CanaryAction. */
export const canaryActionStatus = z.looseObject({
  state: z.string().optional().describe('Done or Refused.'),
  message: z.string().optional().describe('What was done, or why it was refused.'),
});
