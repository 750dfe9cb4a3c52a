import { z } from 'zod';
import { httpUrl, SENSITIVE, secretRef, text, textMap } from './field.ts';
import { SEVERITIES, TOPICS } from './words.ts';

/** `spec` of a NotificationProvider: one receiver of messages. */
export const notificationProviderSpec = z.strictObject({
  type: z
    .enum(['slack', 'webhook', 'msteams', 'discord', 'rocket', 'gchat', 'telegram'])
    .describe('Kind of receiver: slack or webhook.'),
  address: httpUrl
    .meta(SENSITIVE)
    .optional()
    .describe('Address of the receiver. Slack addresses are secrets: better the key address of the Secret.'),
  secretRef: secretRef.optional().describe('Secret with the keys address, token (sent as bearer) and hmac.'),
  channel: text(253).optional().describe("Channel; the receiver's own when absent."),
  username: text(253).optional().describe('Name that messages are sent under.'),
  proxy: httpUrl.meta(SENSITIVE).optional().describe('HTTP proxy on the way to the receiver.'),
  severity: z.enum(SEVERITIES).default('info').describe('Lowest severity that is sent.'),
  kinds: z
    .array(z.enum(TOPICS))
    .max(TOPICS.length)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe('What is told; everything when absent.'),
  headers: textMap({ entries: 32, length: 4096 }).meta(SENSITIVE).optional().describe('Headers that are sent along.'),
});
export type NotificationProviderSpec = z.output<typeof notificationProviderSpec>;
