import { isRecord, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { Receiver } from '#src/notify/receiver.ts';

/** One way of telling people, and what its service takes. */
export type NotifierCase = {
  readonly name: string;
  /** Without the address, which is the test's. */
  readonly receiver: Omit<Receiver, 'address'>;
  /** What a service says that has taken a message. */
  readonly taken: { readonly status: number; readonly body: string };
  /** What is too long for the service, in words; none when it takes the body. */
  readonly tooLong: (body: unknown, raw: string) => readonly string[];
  /** The text that a person reads, markup included. */
  readonly text: (body: unknown) => string;
  /** Markup that a hostile title must not become. */
  readonly hostile: RegExp;
};

const longer = (what: string, text: string | undefined, limit: number): readonly string[] =>
  text !== undefined && text.length > limit ? [`${what} of ${text.length}`] : [];

const bytesOver = (raw: string, limit: number): readonly string[] =>
  Buffer.byteLength(raw) > limit ? [`body of ${Buffer.byteLength(raw)} bytes`] : [];

/** Everything that stands in a body as text. */
const allText = (body: unknown): string => {
  if (typeof body === 'string') return `${body}\n`;
  if (Array.isArray(body)) return body.map(allText).join('');
  return isRecord(body) ? Object.values(body).map(allText).join('') : '';
};

type Limits = { readonly text: number; readonly fields: number; readonly title: number; readonly value: number };

const attachmentTooLong = (body: unknown, limits: Limits): readonly string[] => {
  const attachment = recordAt(body, 'attachments', 0);
  const fields = listAt(attachment, 'fields');
  return [
    ...longer('author', stringAt(attachment, 'author_name'), 256),
    ...longer('text', stringAt(attachment, 'text'), limits.text),
    ...(fields.length > limits.fields ? [`${fields.length} fields`] : []),
    ...fields.flatMap((field) => [
      ...longer('title', stringAt(field, 'title'), limits.title),
      ...longer('value', stringAt(field, 'value'), limits.value),
      ...(stringAt(field, 'value') === '' ? ['empty value'] : []),
    ]),
  ];
};

const SLACK_SUM = 13_000;
const slackSum = (body: unknown): readonly string[] => longer('texts', allText(body), SLACK_SUM);

const slackTooLong: NotifierCase['tooLong'] = (body) => {
  const blocks = listAt(body, 'blocks');
  return [
    ...(blocks.length > 50 ? [`${blocks.length} blocks`] : []),
    ...slackSum(body),
    ...longer('text', stringAt(body, 'text'), 3000),
    ...blocks.flatMap((block) => {
      const limit = stringAt(block, 'type') === 'header' ? 150 : 3000;
      const fields = listAt(block, 'fields');
      return [
        ...longer('block', stringAt(block, 'text', 'text'), limit),
        ...(fields.length > 10 ? [`${fields.length} fields`] : []),
        ...fields.flatMap((field) => longer('field', stringAt(field, 'text'), 2000)),
      ];
    }),
  ];
};

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
const discordTooLong: NotifierCase['tooLong'] = (body) => [
  ...attachmentTooLong(body, { text: 4096, fields: 25, title: 256, value: 1024 }),
  ...longer('texts', allText(recordAt(body, 'attachments', 0)), 6000),
];

const teamsTooLong: NotifierCase['tooLong'] = (_body, raw) => bytesOver(raw, 28 * 1024 - 2048);
const gchatTooLong: NotifierCase['tooLong'] = (_body, raw) => bytesOver(raw, 32_000);
const rocketTooLong: NotifierCase['tooLong'] = (body) => longer('texts', allText(body), 25_000);

/** Slack has no other markup that leads away, and none at all in plain text. */
const SLACK_LINK = /<(http|!|@)/;
const slackText = (body: unknown): string =>
  allText({
    ...recordAt(body),
    blocks: listAt(body, 'blocks').filter((block) => stringAt(block, 'type') !== 'header'),
  });

const LINK = /\]\(|<(http|!|@)/;
const HTML = /<(?!\/?(font|strong|br)\b)/;
const ok = { status: 200, body: 'ok' };

const flagger = (type: Receiver['type']): Omit<Receiver, 'address'> => ({ type, dialect: 'flagger' });

/** Every type of receiver, as Serin speaks to it, and Flagger's five as Flagger does. */
export const NOTIFIER_CASES: readonly NotifierCase[] = [
  {
    name: 'slack',
    receiver: { type: 'slack', channel: '#ops', username: 'serin' },
    taken: ok,
    tooLong: slackTooLong,
    text: slackText,
    hostile: SLACK_LINK,
  },
  {
    name: 'slack, by a bot',
    receiver: { type: 'slack', channel: '#ops', token: 'xoxb-secret-1' },
    taken: { status: 200, body: '{"ok":true,"ts":"1.2"}' },
    tooLong: slackTooLong,
    text: slackText,
    hostile: SLACK_LINK,
  },
  {
    name: "slack, Flagger's way",
    receiver: flagger('slack'),
    taken: ok,
    tooLong: (body) => [
      ...attachmentTooLong(body, { text: 3000, fields: 10, title: 150, value: 2000 }),
      ...slackSum(body),
    ],
    text: slackText,
    hostile: SLACK_LINK,
  },
  {
    name: 'discord',
    receiver: { type: 'discord', username: 'serin' },
    taken: ok,
    tooLong: discordTooLong,
    text: allText,
    hostile: LINK,
  },
  {
    name: "discord, Flagger's way",
    receiver: flagger('discord'),
    taken: { status: 204, body: '' },
    tooLong: discordTooLong,
    text: allText,
    hostile: LINK,
  },
  {
    name: 'rocket',
    receiver: { type: 'rocket', channel: '#ops' },
    taken: { status: 200, body: '{"success":true}' },
    tooLong: rocketTooLong,
    text: allText,
    hostile: LINK,
  },
  {
    name: "rocket, Flagger's way",
    receiver: flagger('rocket'),
    taken: { status: 200, body: '{"success":true}' },
    tooLong: rocketTooLong,
    text: allText,
    hostile: LINK,
  },
  {
    name: 'msteams',
    receiver: { type: 'msteams' },
    taken: { status: 202, body: '' },
    tooLong: teamsTooLong,
    text: allText,
    hostile: LINK,
  },
  {
    name: "msteams, Flagger's way",
    receiver: flagger('msteams'),
    taken: { status: 200, body: '1' },
    tooLong: teamsTooLong,
    text: allText,
    hostile: LINK,
  },
  {
    name: 'gchat',
    receiver: { type: 'gchat' },
    taken: { status: 200, body: '{"name":"spaces/1"}' },
    tooLong: gchatTooLong,
    text: allText,
    hostile: HTML,
  },
  {
    name: "gchat, Flagger's way",
    receiver: flagger('gchat'),
    taken: { status: 200, body: '{}' },
    tooLong: gchatTooLong,
    text: allText,
    hostile: HTML,
  },
  {
    name: 'telegram',
    receiver: { type: 'telegram', channel: '-100123', token: '123456:AAsecretsecret' },
    taken: { status: 200, body: '{"ok":true}' },
    tooLong: (body) => longer('text', stringAt(body, 'text'), 4096),
    text: (body) => stringAt(body, 'text') ?? '',
    // Markup that no backslash stands before; the bold of the title and of names is ours.
    hostile: /(?<!\\)[[\]()~`>#+=|{}!]/,
  },
  {
    name: 'webhook',
    receiver: { type: 'webhook', hmac: 'key' },
    taken: { status: 202, body: '' },
    tooLong: () => [],
    text: allText,
    hostile: /(?!)/,
  },
  {
    name: 'generic',
    receiver: { type: 'generic', hmac: 'key' },
    taken: { status: 200, body: '' },
    tooLong: () => [],
    text: allText,
    hostile: /(?!)/,
  },
];
