import type { Format } from './receiver.ts';

const ICONS = { info: ':bird:', warn: ':warning:', error: ':rotating_light:' } as const;

/** Slack refuses longer texts; the cut keeps whole code points. */
const cut = (text: string, limit: number): string => {
  const points = [...text];
  return points.length <= limit ? text : `${points.slice(0, limit - 1).join('')}…`;
};

/** Control characters of Slack's mrkdwn: https://docs.slack.dev/messaging/formatting-message-text */
const escapeMrkdwn = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * Block Kit for an incoming webhook. `text` is what notifications and screen readers get. Limits: header 150,
 * section 3,000, ten fields of 2,000 characters.
 */
export const slackFormat: Format = (message, receiver) => {
  const fields = message.fields.slice(0, 10).map(({ title, value }) => ({
    type: 'mrkdwn',
    text: cut(`*${escapeMrkdwn(title)}*\n${escapeMrkdwn(value)}`, 2000),
  }));
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: cut(message.title, 150), emoji: true } },
    ...(message.text === ''
      ? []
      : [{ type: 'section', text: { type: 'mrkdwn', text: cut(escapeMrkdwn(message.text), 3000) } }]),
    ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
    {
      type: 'context',
      elements: [
        {
          type: 'mrkdwn',
          text: cut(
            escapeMrkdwn(`${message.cluster} · ${message.canary.namespace}/${message.canary.name} · ${message.id}`),
            2000,
          ),
        },
      ],
    },
  ];
  const body = {
    ...(receiver.channel === undefined ? {} : { channel: receiver.channel }),
    ...(receiver.username === undefined ? {} : { username: receiver.username }),
    text: cut(
      `${ICONS[message.severity]} ${escapeMrkdwn(message.title)}${message.text === '' ? '' : `: ${escapeMrkdwn(message.text)}`}`,
      3000,
    ),
    blocks,
  };
  return { body: JSON.stringify(body), headers: {} };
};
