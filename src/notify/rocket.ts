import { withoutLinks } from './message-parts.ts';
import type { Format } from './receiver.ts';
import { attachmentBody } from './slack-attachment.ts';

const BLUE = '#0076D7';
const ORANGE = '#FF9900';
const RED = '#FF0000';

/** Rocket.Chat, whose incoming webhooks take Slack's attachments; a message is at most 5,000 characters by default. */
export const rocketFormat: Format = {
  render: (message, receiver) => ({
    headers: {},
    body: attachmentBody(message, receiver, {
      colours: { info: BLUE, warn: receiver.dialect === 'flagger' ? BLUE : ORANGE, error: RED },
      prepare: withoutLinks,
      escape: (character) => character,
      text: 3000,
      fields: 20,
      title: 256,
      value: 1024,
      total: 20_000,
    }),
  }),
};
