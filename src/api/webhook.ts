import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { duration, httpUrl, SENSITIVE, secretRef, text, textMap } from './field.ts';
import { HOOK_TYPES } from './words.ts';

/** One of `spec.analysis.webhooks`: a hook or a gate. */
export const webhook = z.strictObject({
  name: text(63).describe('Name of the hook.'),
  type: z.enum(HOOK_TYPES).optional().describe('When it is called; rollout when absent.'),
  url: httpUrl
    .meta(SENSITIVE)
    .optional()
    .describe('Address that is called. A gate (confirm-…) without it is opened by a person alone.'),
  timeout: duration.optional().describe('Time-out of one attempt, from 1s to 24h; 10s when absent.'),
  retries: z.int().min(0).max(100).optional().describe('Attempts after the first; none when absent.'),
  disableTLS: z.boolean().optional().describe('Skips the verification of the certificate.'),
  muteAlert: z.boolean().optional().describe('Sends no alert for this hook.'),
  metadata: textMap({ entries: 64, length: 4096 }).optional().describe('Sent along in the body.'),
  secretRef: secretRef
    .optional()
    .describe('Secret with the key hmac, by which the body is signed in the header X-Serin-Signature.'),
  deadline: duration.optional().describe('How long a gate is waited for until the run ends; 24h when absent.'),
});
export type Webhook = DeepReadonly<z.output<typeof webhook>>;
