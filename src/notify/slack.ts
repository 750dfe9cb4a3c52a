import { stringAt } from '../lib/json.ts';
import type { Message } from '../rollout/effect.ts';
import { fit, fitItems } from './fit.ts';
import { parsedBody } from './parsed-body.ts';
import type { Format, Receiver } from './receiver.ts';
import { attachmentBody } from './slack-attachment.ts';

const ICONS = { info: ':bird:', warn: ':warning:', error: ':rotating_light:' } as const;
const COLOURS = { info: 'good', warn: 'good', error: 'danger' } as const;

/** Slack refuses messages whose texts sum up to about 13,000 characters: https://github.com/slackapi/bolt-js/issues/2509 */
const TOTAL = 12_000;

/** Control characters of Slack's mrkdwn: https://docs.slack.dev/messaging/formatting-message-text */
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const asMrkdwn = (character: string): string => ENTITIES[character] ?? character;

/**
 * Block Kit, for incoming webhooks and `chat.postMessage`. `text` is what notifications and screen readers get. Limits:
 * header 150, section 3,000, ten fields of 2,000 characters.
 */
const blockBody = (message: Message, receiver: Receiver): string => {
  const { title, text, severity, cluster, canary, id } = message;
  const mrkdwn = (content: string, limit: number) => ({
    type: 'mrkdwn',
    text: fit(content, limit, { escape: asMrkdwn }),
  });
  const field = (name: string, value: string) => ({
    type: 'mrkdwn',
    text: `*${fit(name, 150, { escape: asMrkdwn })}*\n${fit(value, 1800, { escape: asMrkdwn })}`,
  });
  const inShort = `${title}${text === '' ? '' : `: ${text}`}`;
  return fitItems(message.fields.slice(0, 10), {
    limit: TOTAL,
    render: (fields) =>
      JSON.stringify({
        ...(receiver.channel === undefined ? {} : { channel: receiver.channel }),
        ...(receiver.username === undefined ? {} : { username: receiver.username }),
        text: `${ICONS[severity]} ${fit(inShort, 2900, { escape: asMrkdwn })}`,
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: fit(title, 150), emoji: true } },
          ...(text === '' ? [] : [{ type: 'section', text: mrkdwn(text, 3000) }]),
          ...(fields.length === 0
            ? []
            : [{ type: 'section', fields: fields.map((each) => field(each.title, each.value)) }]),
          { type: 'context', elements: [mrkdwn(`${cluster} · ${canary.namespace}/${canary.name} · ${id}`, 2000)] },
        ],
      }),
  });
};

/** As Flagger posts it: https://docs.slack.dev/messaging/formatting-message-text#attachments */
const flaggerBody = (message: Message, receiver: Receiver): string =>
  attachmentBody(message, receiver, {
    colours: COLOURS,
    prepare: (text) => text,
    escape: asMrkdwn,
    text: 3000,
    fields: 10,
    title: 150,
    value: 1800,
    total: TOTAL,
  });

/** Errors of `chat.postMessage` that pass by themselves. */
const PASSING: ReadonlySet<string> = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]);

/** Slack, by an incoming webhook or, with a token, by the Web API, which answers 200 also when it refuses. */
export const slackFormat: Format = {
  render: (message, receiver) => ({
    body: receiver.dialect === 'flagger' ? flaggerBody(message, receiver) : blockBody(message, receiver),
    headers: {},
  }),
  refusal: (body) => {
    const answer = parsedBody(body);
    if (answer?.['ok'] !== false) return undefined;
    const words = stringAt(answer, 'error') ?? 'no reason';
    return { again: PASSING.has(words), words };
  },
};
