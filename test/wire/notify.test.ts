import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import nock from 'nock';
import { denyList } from '#src/lib/deny-list.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { Notifier, NotifyError } from '#src/notify/notifier.ts';
import type { Receiver } from '#src/notify/receiver.ts';
import { aMessage } from '#test/notify/a-message.ts';

before(() => nock.disableNetConnect());
after(() => nock.restore());

const { deliver } = new Notifier({ clock: new VirtualClock(), deny: denyList({ deny: [], allow: [] }) });

type Sent = {
  readonly name: string;
  readonly receiver: Receiver;
  /** Where the service takes it, and what it looks at. */
  readonly host: string;
  readonly path: string;
  readonly body: (body: nock.Body) => boolean;
  readonly headers?: Readonly<Record<string, string | RegExp>>;
  readonly answer: readonly [number, string];
};

const isAttachment = (body: nock.Body): boolean =>
  typeof body === 'object' && 'attachments' in body && JSON.stringify(body).includes('"mrkdwn_in":["text"]');
const has =
  (...fields: readonly string[]) =>
  (body: nock.Body): boolean =>
    typeof body === 'object' && fields.every((field) => field in body);

/** Each service under its own name. */
const SERVICES: readonly Sent[] = [
  {
    name: 'an incoming webhook of Slack',
    receiver: { type: 'slack', address: 'https://hooks.slack.com/services/T0/B0/x' },
    host: 'https://hooks.slack.com',
    path: '/services/T0/B0/x',
    body: has('text', 'blocks'),
    answer: [200, 'ok'],
  },
  {
    name: 'a bot of Slack',
    receiver: { type: 'slack', address: 'https://slack.com/api/chat.postMessage', token: 'xoxb-1', channel: 'C1' },
    host: 'https://slack.com',
    path: '/api/chat.postMessage',
    body: has('channel', 'text', 'blocks'),
    headers: { authorization: 'Bearer xoxb-1' },
    answer: [200, '{"ok":true,"ts":"1"}'],
  },
  {
    name: 'a webhook of Discord',
    receiver: { type: 'discord', address: 'https://discord.com/api/webhooks/1/x' },
    host: 'https://discord.com',
    path: '/api/webhooks/1/x/slack',
    body: isAttachment,
    answer: [200, 'ok'],
  },
  {
    name: 'a webhook of Rocket.Chat',
    receiver: { type: 'rocket', address: 'https://chat.test/hooks/1/x' },
    host: 'https://chat.test',
    path: '/hooks/1/x',
    body: isAttachment,
    answer: [200, '{"success":true}'],
  },
  {
    name: 'a workflow of Teams',
    receiver: { type: 'msteams', address: 'https://prod-1.westeurope.logic.azure.com/workflows/1/invoke?sig=x' },
    host: 'https://prod-1.westeurope.logic.azure.com',
    path: '/workflows/1/invoke?sig=x',
    body: has('type', 'attachments'),
    answer: [202, ''],
  },
  {
    name: 'a connector of Teams',
    receiver: { type: 'msteams', address: 'https://acme.webhook.office.com/webhookb2/1/IncomingWebhook/2/3' },
    host: 'https://acme.webhook.office.com',
    path: '/webhookb2/1/IncomingWebhook/2/3',
    body: has('@type', '@context', 'themeColor', 'summary', 'sections'),
    answer: [200, '1'],
  },
  {
    name: 'a space of Google Chat',
    receiver: { type: 'gchat', address: 'https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t' },
    host: 'https://chat.googleapis.com',
    path: '/v1/spaces/A/messages?key=k&token=t',
    body: has('cards'),
    answer: [200, '{"name":"spaces/A/messages/1"}'],
  },
  {
    name: 'a bot of Telegram',
    receiver: { type: 'telegram', address: 'https://api.telegram.org', token: '1:AA', channel: '@ops' },
    host: 'https://api.telegram.org',
    path: '/bot1:AA/sendMessage',
    body: has('chat_id', 'text', 'parse_mode'),
    answer: [200, '{"ok":true,"result":{}}'],
  },
  {
    name: 'a webhook of your own',
    receiver: { type: 'webhook', address: 'https://hook.test/in', hmac: 'key' },
    host: 'https://hook.test',
    path: '/in',
    body: has('apiVersion', 'kind', 'id', 'title'),
    headers: { 'x-signature': /^sha256=[0-9a-f]{64}$/ },
    answer: [202, ''],
  },
  {
    name: "a receiver of Flux's events",
    receiver: { type: 'generic', address: 'https://hook.test/flux', hmac: 'key' },
    host: 'https://hook.test',
    path: '/flux',
    body: has('involvedObject', 'severity', 'timestamp', 'message', 'reason', 'metadata', 'reportingController'),
    headers: { 'x-signature': /^sha256=[0-9a-f]{64}$/, 'gotk-component': 'serin' },
    answer: [200, ''],
  },
];

for (const { name, receiver, host, path, body, headers = {}, answer } of SERVICES) {
  test(`${name} is posted JSON with the id as idempotency key`, async () => {
    const reqheaders = { 'content-type': 'application/json', 'idempotency-key': 'op-1', ...headers };
    const scope = nock(host, { reqheaders })
      .post(path, body)
      .reply(...answer);
    assert.deepEqual(await deliver(aMessage(), { receiver }), { delivered: true, detail: `HTTP ${answer[0]}` });
    scope.done();
  });
}

test('a broken connection is tried again and its error never holds the address', async () => {
  const address = 'https://hooks.slack.com/services/T0/B0/SECRET';
  nock('https://hooks.slack.com')
    .post('/services/T0/B0/SECRET')
    .replyWithError(Object.assign(new Error(`connect ${address}`), { code: 'ECONNRESET' }));
  await assert.rejects(deliver(aMessage(), { receiver: { type: 'slack', address } }), (error: Error) => {
    assert.ok(!`${error.message}${error.stack}`.includes('SECRET'));
    return error instanceof NotifyError;
  });
});
