import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiverFor } from '#src/controller/executors/receiver-for.ts';
import { createKubeClient } from '#src/kube/create-client.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import type { Message } from '#src/rollout/effect.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import { aSecret } from '#test/harness/manifests.ts';
import { aMessage } from '#test/notify/a-message.ts';

/** What is found for a message to `provider`, where `object` is there and a Secret `chat` of its namespace. */
const found = async (
  object: KubeObject,
  {
    secret,
    message = {},
  }: { readonly secret?: Readonly<Record<string, string>>; readonly message?: Partial<Message> } = {},
) => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock, random: seededRandom(1) });
  const { namespace = '', name } = object.metadata;
  api.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, { manager: 'test' });
  if (secret !== undefined) {
    const written = aSecret('chat', secret);
    api.write({ ...written, metadata: { ...written.metadata, namespace } }, { manager: 'test' });
  }
  const client = createKubeClient({
    transport: inProcessTransport(api, { user: 'serin' }),
    clock,
    random: seededRandom(1),
  });
  const provider = `${object.kind === 'AlertProvider' ? 'AlertProvider ' : ''}${namespace}/${name}`;
  const effect = { kind: 'notify', key: 'k', provider, message: aMessage(message) } as const;
  const answer = receiverFor(effect, {
    client,
    caches: { get: (ref) => (ref.kind === object.kind ? object : undefined) },
  });
  const settled = clock.settle();
  const result = await answer;
  await settled;
  return result;
};

const ours = (spec: Readonly<Record<string, unknown>>): KubeObject => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind: 'NotificationProvider',
  metadata: { name: 'chat', namespace: 'shop' },
  spec,
});
const flaggers = (
  spec: Readonly<Record<string, unknown>>,
  metadata: Partial<KubeObject['metadata']> = {},
): KubeObject => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'AlertProvider',
  metadata: { name: 'chat', namespace: 'shop', ...metadata },
  spec,
});
const secretRef = { name: 'chat' };

test('the Secret goes before the spec, and its keys become the receiver', async () => {
  const provider = ours({ type: 'webhook', address: 'https://old.test', secretRef, headers: { 'X-Team': 'shop' } });
  const secret = { address: ' https://new.test/x\n', token: 'tok\n', hmac: 'key\n' };
  assert.deepEqual(await found(provider, { secret }), {
    receiver: {
      type: 'webhook',
      address: 'https://new.test/x',
      token: 'tok',
      hmac: 'key\n',
      headers: { 'X-Team': 'shop' },
    },
  });
});

test('Slack and Telegram have an address of their own for a bot', async () => {
  assert.deepEqual(await found(ours({ type: 'slack', secretRef, channel: 'C1' }), { secret: { token: 'xoxb' } }), {
    receiver: { type: 'slack', address: 'https://slack.com/api/chat.postMessage', token: 'xoxb', channel: 'C1' },
  });
  const telegram = ours({ type: 'telegram', secretRef, channel: '-100:7' });
  assert.deepEqual(await found(telegram, { secret: { token: '1:AA' } }), {
    receiver: { type: 'telegram', address: 'https://api.telegram.org', token: '1:AA', channel: '-100:7' },
  });
  assert.deepEqual(await found(telegram, { secret: { address: 'https://bots.test' } }), {
    wrong: "NotificationProvider shop/chat has no bot: set the Secret's key token",
  });
});

test('without an address it says where one belongs', async () => {
  assert.deepEqual(await found(ours({ type: 'gchat', secretRef }), { secret: { token: 'x' } }), {
    wrong: "NotificationProvider shop/chat has no address: set spec.address or the Secret's key address",
  });
});

test('severity and kinds of a NotificationProvider choose what is sent', async () => {
  const provider = (parts: Readonly<Record<string, unknown>>) =>
    ours({ type: 'webhook', address: 'https://x.test', ...parts });
  const below = await found(provider({ severity: 'error' }), { message: { severity: 'warn' } });
  assert.deepEqual(below, { unwanted: 'below the severity that is sent' });
  assert.deepEqual(await found(provider({ kinds: ['git'] })), { unwanted: 'not asked for' });
  assert.ok('receiver' in (await found(provider({ severity: 'error', kinds: ['outcome'] }))));
});

test("an AlertProvider is spoken to in Flagger's way, and what is empty in it is absent", async () => {
  const provider = flaggers({
    type: 'rocket',
    channel: '',
    username: '',
    address: '',
    proxy: 'socks5h://proxy.test:1080',
    secretRef,
  });
  assert.deepEqual(await found(provider, { secret: { address: 'https://chat.test/hooks/1' } }), {
    receiver: {
      type: 'rocket',
      dialect: 'flagger',
      address: 'https://chat.test/hooks/1',
      proxy: 'socks5://proxy.test:1080',
    },
  });
  const full = flaggers({ type: 'slack', channel: 'ops', username: 'bird', address: 'https://hooks.test' });
  assert.deepEqual(await found(full), {
    receiver: { type: 'slack', dialect: 'flagger', address: 'https://hooks.test', channel: 'ops', username: 'bird' },
  });
});

test('the grant of an AlertProvider is asked for again when a message is sent', async () => {
  const spec = { type: 'slack', address: 'https://hooks.test' };
  const other = flaggers(spec, { namespace: 'infra' });
  assert.deepEqual(await found(other), { wrong: 'AlertProvider infra/chat does not allow namespace shop any more' });
  const granted = flaggers(spec, { namespace: 'infra', annotations: { 'serin.dev/allowed-namespaces': 'shop' } });
  assert.ok('receiver' in (await found(granted)));
});
