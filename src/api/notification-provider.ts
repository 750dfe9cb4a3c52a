import { z } from 'zod';
import { httpUrl, SENSITIVE, secretRef, text, textMap, want } from './field.ts';
import { SEVERITIES, TOPICS } from './words.ts';

/** Kinds of receivers. */
export const RECEIVER_TYPES = [
  'slack',
  'msteams',
  'discord',
  'rocket',
  'gchat',
  'telegram',
  'webhook',
  'generic',
] as const;
export type ReceiverType = (typeof RECEIVER_TYPES)[number];

const proxyUrl = z
  .string()
  .max(2048)
  .regex(/^(https?|socks5):\/\/[^ ]+$/)
  .meta(want('an address that starts with http://, https:// or socks5://'));

/** `spec` of a NotificationProvider: one receiver of messages. */
export const notificationProviderSpec = z.strictObject({
  type: z
    .enum(RECEIVER_TYPES)
    .describe(
      'Kind of receiver: slack, msteams, discord, rocket, gchat, telegram, webhook (JSON of ours), generic (an event of Flux).',
    ),
  address: httpUrl
    .meta(SENSITIVE)
    .optional()
    .describe(
      'Address of the receiver, for telegram that of the Bot API. Addresses are secrets: better the key address of the Secret.',
    ),
  secretRef: secretRef
    .optional()
    .describe('Secret with the keys address, token (sent as bearer; the bot of telegram) and hmac (webhook, generic).'),
  channel: text(253)
    .optional()
    .describe("Channel of slack and rocket, the receiver's own when absent; chat or chat:topic of telegram."),
  username: text(253).optional().describe('Name that messages are sent under, for slack, discord and rocket.'),
  proxy: proxyUrl
    .meta(SENSITIVE)
    .optional()
    .describe('Proxy on the way to the receiver: http://, https:// or socks5://.'),
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
