import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { slackFormat } from '#src/notify/slack.ts';
import { webhookFormat } from '#src/notify/webhook.ts';
import { aMessage } from './a-message.ts';

const slack = { type: 'slack', address: 'https://hooks.example.com/x' } as const;

test('Slack gets header, reason, fields and the operation id', () => {
  const { body } = slackFormat(aMessage(), { ...slack, channel: 'ops' });
  assert.deepEqual(JSON.parse(body), {
    channel: 'ops',
    text: ':rotating_light: podinfo rolled back to 6.7.0: request-success-rate 48.2 % is below 99 %.',
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: 'podinfo rolled back to 6.7.0', emoji: true } },
      { type: 'section', text: { type: 'mrkdwn', text: 'request-success-rate 48.2 % is below 99 %.' } },
      { type: 'section', fields: [{ type: 'mrkdwn', text: '*Weight*\n20 %' }] },
      { type: 'context', elements: [{ type: 'mrkdwn', text: 'eu-1 · shop/podinfo · op-1' }] },
    ],
  });
});

test('Slack texts are cut to its limits and cannot smuggle links or mentions', () => {
  const { body } = slackFormat(aMessage({ title: 'x'.repeat(400), text: `<!channel> & ${'y'.repeat(4000)}` }), slack);
  const parsed = JSON.parse(body);
  assert.equal(parsed.blocks[0].text.text.length, 150);
  assert.ok(parsed.blocks[1].text.text.length <= 3000);
  assert.ok(parsed.blocks[1].text.text.startsWith('&lt;!channel&gt; &amp; '));
});

test('a generic payload is the message, signed over the raw body', () => {
  const { body, headers } = webhookFormat(aMessage(), { type: 'webhook', address: 'https://x', hmac: 'key' });
  assert.equal(JSON.parse(body).id, 'op-1');
  assert.equal(JSON.parse(body).at, '2026-01-01T00:00:00.000Z');
  assert.equal(headers['x-signature'], `sha256=${createHmac('sha256', 'key').update(body).digest('hex')}`);
});

test('without a key nothing is signed', () => {
  assert.deepEqual(webhookFormat(aMessage(), { type: 'webhook', address: 'https://x' }).headers, {});
});
