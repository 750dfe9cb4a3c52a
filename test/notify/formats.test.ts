import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { formatOf } from '#src/notify/format-of.ts';
import type { Receiver } from '#src/notify/receiver.ts';
import type { Message } from '#src/rollout/effect.ts';
import { aMessage } from './a-message.ts';

const post = (receiver: Receiver, message: Partial<Message> = {}) => {
  const { body, headers, address } = formatOf(receiver.type).render(aMessage(message), receiver);
  return { body: JSON.parse(body), raw: body, headers, address };
};

const FACTS = [
  { title: 'Cluster', value: 'eu-1' },
  { title: 'Target', value: 'Deployment/podinfo.shop' },
  { title: 'Weight', value: '20 %' },
];
const TITLE = 'podinfo rolled back to 6.7.0';
const REASON = 'request-success-rate 48.2 % is below 99 %.';

test('Slack gets header, reason, fields and the operation id', () => {
  const { body } = post({ type: 'slack', address: 'https://hooks.slack.test/x', channel: 'ops' });
  assert.deepEqual(body, {
    channel: 'ops',
    text: `:rotating_light: ${TITLE}: ${REASON}`,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: TITLE, emoji: true } },
      { type: 'section', text: { type: 'mrkdwn', text: REASON } },
      { type: 'section', fields: [{ type: 'mrkdwn', text: '*Weight*\n20 %' }] },
      { type: 'context', elements: [{ type: 'mrkdwn', text: 'eu-1 · shop/podinfo · op-1' }] },
    ],
  });
});

test("an AlertProvider of Slack gets Flagger's body, channel and name", () => {
  const fields = FACTS.map((fact) => ({ ...fact, short: false }));
  const attachment = {
    color: 'danger',
    author_name: 'podinfo.shop',
    text: `${TITLE}\n${REASON}`,
    mrkdwn_in: ['text'],
    fields,
  };
  const flagger = { channel: 'general', username: 'flagger', icon_emoji: ':rocket:', attachments: [attachment] };
  const slack = { type: 'slack', dialect: 'flagger', address: 'https://hooks.slack.test/x' } as const;
  assert.deepEqual(post(slack).body, flagger);
  assert.deepEqual(post({ ...slack, channel: 'ops', username: 'bird' }).body, {
    ...flagger,
    channel: 'ops',
    username: 'bird',
  });
  for (const severity of ['info', 'warn'] as const)
    assert.equal(post(slack, { severity }).body.attachments[0].color, 'good', 'Flagger has two colours');
});

test("Discord gets Slack's body below /slack", () => {
  const discord = { type: 'discord', address: 'https://discord.test/api/webhooks/1/abc' } as const;
  const { body, address } = post(discord);
  assert.equal(address, 'https://discord.test/api/webhooks/1/abc/slack');
  assert.equal(post({ ...discord, address: `${discord.address}/slack` }).address, `${discord.address}/slack`);
  assert.equal(
    post({ ...discord, address: `${discord.address}/?wait=true` }).address,
    `${discord.address}/slack?wait=true`,
  );
  assert.deepEqual(body, {
    icon_emoji: ':bird:',
    attachments: [
      {
        color: 'danger',
        author_name: 'shop/podinfo',
        text: `${TITLE}\n${REASON}`,
        mrkdwn_in: ['text'],
        fields: FACTS.map((fact) => ({ ...fact, short: false })),
      },
    ],
  });
  assert.equal(post(discord, { severity: 'warn' }).body.attachments[0].color, 'warning');
  const flagger = post({ ...discord, dialect: 'flagger' });
  assert.equal(flagger.address, `${discord.address}/slack`);
  assert.equal(flagger.body.username, 'flagger');
});

test('Rocket.Chat gets the same with colours of its own', () => {
  const rocket = {
    type: 'rocket',
    address: 'https://chat.test/hooks/1/abc',
    channel: '#ops',
    username: 'serin',
  } as const;
  const { body, address } = post(rocket);
  assert.equal(address, undefined);
  assert.equal(body.channel, '#ops');
  assert.equal(body.username, 'serin');
  const colours = (receiver: Receiver) =>
    (['info', 'warn', 'error'] as const).map((severity) => post(receiver, { severity }).body.attachments[0].color);
  assert.deepEqual(colours(rocket), ['#0076D7', '#FF9900', '#FF0000']);
  assert.deepEqual(colours({ ...rocket, dialect: 'flagger' }), ['#0076D7', '#0076D7', '#FF0000']);
});

const messageCard = {
  '@type': 'MessageCard',
  '@context': 'http://schema.org/extensions',
  themeColor: 'FF0000',
  summary: 'shop/podinfo',
  sections: [
    {
      activityTitle: `${TITLE}\n${REASON}`,
      activitySubtitle: 'shop/podinfo',
      facts: FACTS.map(({ title, value }) => ({ name: title, value })),
    },
  ],
};

test('a workflow of Teams gets an Adaptive Card', () => {
  const { body } = post({ type: 'msteams', address: 'https://prod-1.westeurope.logic.azure.com/workflows/1' });
  assert.equal(body.type, 'message');
  assert.equal(body.attachments[0].contentType, 'application/vnd.microsoft.card.adaptive');
  assert.deepEqual(body.attachments[0].content, {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      { type: 'TextBlock', text: TITLE, size: 'Medium', weight: 'Bolder', color: 'Attention', wrap: true },
      { type: 'TextBlock', text: 'shop/podinfo', isSubtle: true, spacing: 'None', wrap: true },
      { type: 'TextBlock', text: REASON, wrap: true },
      { type: 'FactSet', facts: FACTS },
    ],
    msteams: { width: 'Full' },
  });
});

test('a connector of Teams gets a message card', () => {
  const address = 'https://acme.webhook.office.com/webhookb2/1';
  assert.deepEqual(post({ type: 'msteams', address }).body, messageCard);
});

test('which card Teams gets follows from the host alone', () => {
  const isAdaptive = (address: string, dialect?: 'flagger'): boolean =>
    post({ type: 'msteams', address, ...(dialect === undefined ? {} : { dialect }) }).body.type === 'message';
  const workflows = [
    'https://prod-1.westeurope.logic.azure.com/workflows/1',
    'https://default12.3.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/1',
    'https://prod-1.usgovtexas.logic.azure.us/workflows/1',
  ];
  for (const address of workflows) {
    assert.ok(isAdaptive(address));
    assert.ok(isAdaptive(address, 'flagger'), 'Flagger posts cards there that nobody sees');
  }
  const connector = 'https://acme.webhook.office.com/webhookb2/1';
  assert.ok(!isAdaptive(connector) && !isAdaptive(connector, 'flagger'));
  const relay = 'https://teams-relay.test/logic.azure.com';
  assert.ok(isAdaptive(relay));
  assert.ok(!isAdaptive(relay, 'flagger'), 'what has always been a message card stays one');
  assert.ok(isAdaptive('https://evil.test/x.webhook.office.com'));
});

test('Google Chat gets a card with text as HTML', () => {
  const gchat = { type: 'gchat', address: 'https://chat.googleapis.test/v1/spaces/1/messages?key=k&token=t' } as const;
  const paragraph = (text: string) => ({ widgets: [{ textParagraph: { text } }] });
  const strong = (text: string, colour: string) => `<font color=${colour}><strong>${text}</strong></font>`;
  const sections = (colour: string) => [
    paragraph(strong(`${TITLE}\n${REASON}`, colour)),
    ...FACTS.map(({ title, value }) => paragraph(`${title}<br>${strong(value, colour)}`)),
  ];
  assert.deepEqual(post(gchat).body, {
    cards: [{ header: { title: 'Serin', subtitle: 'shop/podinfo' }, sections: sections('#D93025') }],
  });
  assert.deepEqual(post({ ...gchat, dialect: 'flagger' }).body, {
    cards: [
      {
        header: { title: 'Flagger', subtitle: 'podinfo.shop', imageUrl: 'https://flagger.app/favicon.png' },
        sections: sections('#848484'),
      },
    ],
  });
  assert.equal(
    post(gchat, { title: '<b>&"', text: '' }).body.cards[0].sections[0].widgets[0].textParagraph.text,
    strong('&lt;b&gt;&amp;&quot;', '#D93025'),
  );
});

test('Telegram gets MarkdownV2 for its chat and topic', () => {
  const telegram = {
    type: 'telegram',
    address: 'https://api.telegram.test/',
    token: '1:AAbb',
    channel: '-100123:7',
  } as const;
  const { body, address } = post(telegram);
  assert.equal(address, 'https://api.telegram.test/bot1:AAbb/sendMessage');
  assert.deepEqual(body, {
    chat_id: '-100123',
    message_thread_id: 7,
    text: [
      '🚨 *podinfo rolled back to 6\\.7\\.0*',
      '',
      'request\\-success\\-rate 48\\.2 % is below 99 %\\.',
      '',
      '*Cluster*: eu\\-1',
      '*Target*: Deployment/podinfo\\.shop',
      '*Weight*: 20 %',
    ].join('\n'),
    parse_mode: 'MarkdownV2',
    link_preview_options: { is_disabled: true },
  });
  const { body: toName } = post({ ...telegram, channel: '@ops' });
  assert.equal(toName.chat_id, '@ops');
  assert.ok(!('message_thread_id' in toName));
  const { body: reserved } = post(telegram, { title: '_*[]()~`>#+-=|{}.!\\', text: '' });
  assert.equal(reserved.text.split('\n')[0], '🚨 *\\_\\*\\[\\]\\(\\)\\~\\`\\>\\#\\+\\-\\=\\|\\{\\}\\.\\!\\\\*');
});

test('a webhook gets the message itself, signed over the raw body', () => {
  const { body, raw, headers } = post({ type: 'webhook', address: 'https://hook.test', hmac: 'key' });
  assert.equal(body.kind, 'Message');
  assert.equal(body.id, 'op-1');
  assert.equal(body.at, '2026-01-01T00:00:00.000Z');
  assert.equal(headers['x-signature'], `sha256=${createHmac('sha256', 'key').update(raw).digest('hex')}`);
  assert.deepEqual(
    post({ type: 'webhook', address: 'https://hook.test' }).headers,
    {},
    'without a key nothing is signed',
  );
});

test('generic is an event as Flux posts it, signed the same way', () => {
  const { body, raw, headers } = post({ type: 'generic', address: 'https://hook.test', hmac: 'key' });
  assert.deepEqual(body, {
    involvedObject: { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'shop', name: 'podinfo' },
    severity: 'error',
    timestamp: '2026-01-01T00:00:00.000Z',
    message: `${TITLE}\n${REASON}`,
    reason: 'Outcome',
    metadata: {
      Weight: '20 %',
      id: 'op-1',
      topic: 'outcome',
      severity: 'error',
      cluster: 'eu-1',
      target: 'Deployment/podinfo.shop',
    },
    reportingController: 'serin',
  });
  assert.equal(headers['gotk-component'], 'serin');
  assert.equal(headers['x-signature'], `sha256=${createHmac('sha256', 'key').update(raw).digest('hex')}`);
  const words = (severity: Message['severity']) =>
    post({ type: 'generic', address: 'https://hook.test' }, { severity }).body.severity;
  assert.deepEqual([words('info'), words('warn')], ['info', 'error'], 'the severities that Flux knows');
});
