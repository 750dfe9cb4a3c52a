import type { ReceiverType } from '../api/notification-provider.ts';
import { discordFormat } from './discord.ts';
import { gchatFormat } from './gchat.ts';
import { genericFormat } from './generic.ts';
import { msteamsFormat } from './msteams.ts';
import type { Format } from './receiver.ts';
import { rocketFormat } from './rocket.ts';
import { slackFormat } from './slack.ts';
import { telegramFormat } from './telegram.ts';
import { webhookFormat } from './webhook.ts';

const FORMATS: Readonly<Record<ReceiverType, Format>> = {
  slack: slackFormat,
  msteams: msteamsFormat,
  discord: discordFormat,
  rocket: rocketFormat,
  gchat: gchatFormat,
  telegram: telegramFormat,
  webhook: webhookFormat,
  generic: genericFormat,
};

/** How a type of receiver is spoken to. */
export const formatOf = (type: ReceiverType): Format => FORMATS[type];
