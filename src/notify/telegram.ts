import { stringAt } from '../lib/json.ts';
import { fit, fitItems } from './fit.ts';
import { fieldsOf } from './message-parts.ts';
import { parsedBody } from './parsed-body.ts';
import type { Format } from './receiver.ts';

/** Where the Bot API is, when no address says otherwise. */
export const TELEGRAM_ADDRESS = 'https://api.telegram.org';

/** A message is at most 4,096 characters after its markup was read; the markup is counted too, to be safe. */
const TOTAL = 4096;

/** Characters that MarkdownV2 reads: https://core.telegram.org/bots/api#markdownv2-style */
const RESERVED = /[_*[\]()~`>#+\-=|{}.!\\]/;
const asMarkdown = (character: string): string => (RESERVED.test(character) ? `\\${character}` : character);

const ICONS = { info: '🐤', warn: '⚠️', error: '🚨' } as const;

/** `chat` or `chat:thread`: the id of a chat, or the @name of a channel; the id of a topic. */
const chatOf = (channel: string): { readonly chat_id: string; readonly message_thread_id?: number } => {
  const [chat = '', thread] = channel.split(':');
  return { chat_id: chat, ...(thread === undefined ? {} : { message_thread_id: Number(thread) }) };
};

/** Telegram, by `sendMessage` of a bot: https://core.telegram.org/bots/api#sendmessage */
export const telegramFormat: Format = {
  render: (message, receiver) => {
    const { title, text, severity } = message;
    const bold = (words: string, limit: number): string => `*${fit(words, limit, { escape: asMarkdown })}*`;
    const lines = [
      `${ICONS[severity]} ${bold(title, 400)}`,
      ...(text === '' ? [] : [fit(text, 2000, { escape: asMarkdown })]),
    ];
    const all = fitItems(fieldsOf(message), {
      limit: TOTAL,
      render: (fields) =>
        [
          lines.join('\n\n'),
          fields
            .map(({ title: name, value }) => `${bold(name, 150)}: ${fit(value, 500, { escape: asMarkdown })}`)
            .join('\n'),
        ].join('\n\n'),
    });
    return {
      address: `${receiver.address.replace(/\/+$/, '')}/bot${receiver.token}/sendMessage`,
      headers: {},
      body: JSON.stringify({
        ...chatOf(receiver.channel ?? ''),
        text: all,
        parse_mode: 'MarkdownV2',
        link_preview_options: { is_disabled: true },
      }),
    };
  },
  refusal: (body) => {
    const answer = parsedBody(body);
    if (answer?.['ok'] !== false) return undefined;
    return { again: false, words: stringAt(answer, 'description') ?? 'no reason' };
  },
};
