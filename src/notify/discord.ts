import { withoutLinks } from './message-parts.ts';
import type { Format, Receiver } from './receiver.ts';
import { attachmentBody } from './slack-attachment.ts';

/** A webhook takes Slack's bodies below `/slack`: https://discord.com/developers/docs/resources/webhook */
const addressOf = ({ address }: Receiver): string => {
  const url = new URL(address);
  const path = url.pathname.replace(/\/+$/, '');
  if (!path.endsWith('/slack')) url.pathname = `${path}/slack`;
  return url.href;
};

/**
 * Discord. An attachment becomes an embed there, whose limits hold: 256 for author and titles, 4,096 for the text, 25
 * fields of 1,024, 6,000 characters together.
 */
export const discordFormat: Format = {
  render: (message, receiver) => ({
    address: addressOf(receiver),
    headers: {},
    body: attachmentBody(message, receiver, {
      colours: { info: 'good', warn: receiver.dialect === 'flagger' ? 'good' : 'warning', error: 'danger' },
      prepare: withoutLinks,
      escape: (character) => character,
      text: 3000,
      fields: 25,
      title: 256,
      value: 1024,
      total: 5900,
    }),
  }),
};
