import type { Message } from '../rollout/effect.ts';
import { fit, fitItems } from './fit.ts';
import { authorOf, fieldsOf, textOf } from './message-parts.ts';
import type { Receiver } from './receiver.ts';

/** What one service makes of Slack's attachments. Lengths in UTF-16 units. */
export type AttachmentStyle = {
  readonly colours: Readonly<Record<Message['severity'], string>>;
  /** Makes text harmless, before it is cut to size. */
  readonly prepare: (text: string) => string;
  /** Escapes one character. */
  readonly escape: (character: string) => string;
  readonly text: number;
  readonly fields: number;
  readonly title: number;
  readonly value: number;
  readonly total: number;
};

const AUTHOR_LENGTH = 256;

/**
 * The body that Flagger posts to Slack, Discord and Rocket.Chat: one attachment with a coloured edge. An AlertProvider
 * without them gets Flagger's channel and name.
 */
export const attachmentBody = (message: Message, receiver: Receiver, style: AttachmentStyle): string => {
  const isFlagger = receiver.dialect === 'flagger';
  const channel = receiver.channel ?? (isFlagger ? 'general' : undefined);
  const username = receiver.username ?? (isFlagger ? 'flagger' : undefined);
  const inside = (text: string, limit: number): string => fit(style.prepare(text), limit, { escape: style.escape });
  return fitItems(fieldsOf(message).slice(0, style.fields), {
    limit: style.total,
    render: (fields) =>
      JSON.stringify({
        ...(channel === undefined ? {} : { channel }),
        ...(username === undefined ? {} : { username }),
        icon_emoji: isFlagger ? ':rocket:' : ':bird:',
        attachments: [
          {
            color: style.colours[message.severity],
            author_name: inside(authorOf(message, receiver), AUTHOR_LENGTH),
            text: inside(textOf(message), style.text),
            mrkdwn_in: ['text'],
            fields: fields.map(({ title, value }) => ({
              title: inside(title, style.title),
              value: inside(value, style.value),
              short: false,
            })),
          },
        ],
      }),
  });
};
