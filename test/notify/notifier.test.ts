import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { systemClock } from '#src/lib/clock.ts';
import { ALWAYS_DENIED, denyList } from '#src/lib/deny-list.ts';
import { Notifier, NotifyError } from '#src/notify/notifier.ts';
import type { Receiver } from '#src/notify/receiver.ts';
import type { Owner } from '#test/harness/release.ts';
import { aReceiver } from '#test/hooks/a-receiver.ts';
import { aMessage } from './a-message.ts';
import { anHttpProxy, aSocksProxy } from './a-proxy.ts';

const aNotifier = (owner: Owner, allow: readonly string[] = ['127.0.0.0/8']): Notifier => {
  const notifier = new Notifier({ clock: systemClock, deny: denyList({ deny: ALWAYS_DENIED, allow }) });
  owner.after(() => notifier.close());
  return notifier;
};

const answering =
  (body: string, status = 200) =>
  (response: ServerResponse) => {
    response.writeHead(status);
    response.end(body);
  };

const slack = (url: string, parts: Partial<Receiver> = {}): Receiver => ({
  type: 'slack',
  address: `${url}/services/T0/SECRET`,
  ...parts,
});

// Services that answer 200 and mean no.
const REFUSALS = [
  { type: 'slack', body: '{"ok":false,"error":"channel_not_found"}', again: false, words: 'channel_not_found' },
  { type: 'slack', body: '{"ok":false,"error":"ratelimited"}', again: true, words: 'ratelimited' },
  { type: 'slack', body: '{"ok":false}', again: false, words: 'no reason' },
  { type: 'telegram', body: '{"ok":false,"description":"chat not found"}', again: false, words: 'chat not found' },
  {
    type: 'msteams',
    body: 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with ContextId x',
    again: false,
    words: 'Teams answered 413',
  },
  {
    type: 'msteams',
    body: 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x',
    again: true,
    words: 'Teams answered 429',
  },
] as const;

for (const { type, body, again, words } of REFUSALS) {
  test(`${type} answers 200 with ${body.slice(0, 60)}: ${again ? 'tried again' : 'final'}`, async (t) => {
    const { url } = await aReceiver(t, answering(body));
    const delivery = aNotifier(t).deliver(aMessage(), { receiver: { type, address: url, token: 'tok', channel: '1' } });
    if (again)
      return assert.rejects(delivery, {
        name: 'NotifyError',
        message: `Cannot deliver: the receiver answered HTTP 200: ${words}`,
      });
    const detail = `the receiver refused it with HTTP 200: ${words}; check the address and the token`;
    assert.deepEqual(await delivery, { delivered: false, detail });
  });
}

// Where a service says how long it wants to be left alone.
const WAITS = [
  { headers: { 'retry-after': '2' }, body: '', ms: 2000 },
  { headers: { 'retry-after': '0.5' }, body: '', ms: 500 },
  { headers: { 'retry-after': 'soon' }, body: '{"retry_after":0.7}', ms: 700 },
  { headers: {}, body: '{"ok":false,"parameters":{"retry_after":35}}', ms: 35_000 },
  { headers: { 'retry-after': '999999' }, body: '', ms: 600_000 },
  { headers: { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, body: '', ms: 0 },
  { headers: {}, body: 'slow down', ms: undefined },
] as const;

for (const { headers, body, ms } of WAITS) {
  test(`429 with ${JSON.stringify(headers)} and "${body}" is left alone for ${ms} ms`, async (t) => {
    const { url } = await aReceiver(t, (response) => {
      response.writeHead(429, headers);
      response.end(body);
    });
    await assert.rejects(aNotifier(t).deliver(aMessage(), { receiver: slack(url) }), (error: unknown) => {
      assert.ok(error instanceof NotifyError);
      assert.equal(error.retryAfterMs, ms);
      return true;
    });
  });
}

test('why a service refuses is told in its own words, cut and without secrets', async (t) => {
  const words = `bad token tok-12345 at /services/T0/SECRET-PATH ${'x'.repeat(300)}`;
  const { url } = await aReceiver(t, answering(JSON.stringify({ error: words }), 400));
  const receiver = slack(url, { token: 'tok-12345', address: `${url}/services/T0/SECRET-PATH` });
  const { detail } = await aNotifier(t).deliver(aMessage(), { receiver });
  assert.match(detail, /^the receiver refused it with HTTP 400: bad token \*\*\* at \/\*\*\*\/T0\/\*\*\* x+…; check/);
  assert.ok(detail.length < 250);
});

test("user and password of an address are sent as they should be, and the receiver's headers cannot change ours", async (t) => {
  const { url, received } = await aReceiver(t, answering('ok'));
  const address = `${url.replace('http://', 'http://bird:p%40ss@')}/in`;
  const headers = { 'Content-Type': 'text/plain', 'IDEMPOTENCY-KEY': 'mine', 'X-Team': 'shop' };
  const receiver: Receiver = { type: 'webhook', address, headers };
  assert.equal((await aNotifier(t).deliver(aMessage(), { receiver })).delivered, true);
  const sent = received[0]?.headers ?? {};
  assert.equal(sent.authorization, `Basic ${Buffer.from('bird:p@ss').toString('base64')}`);
  assert.deepEqual(
    [sent['content-type'], sent['idempotency-key'], sent['x-team'], sent['user-agent']],
    ['application/json', 'op-1', 'shop', 'serin'],
  );
});

// Nothing of the machine itself, or of the cloud's, is reached by whatever name.
for (const address of [
  'http://127.0.0.1:1/x',
  'http://localhost:1/x',
  'http://169.254.169.254/latest/meta-data',
  'http://[::1]:1/x',
  'http://metadata.google.internal/x',
]) {
  test(`${address} is not called, and it says so`, async (t) => {
    const { delivered, detail } = await aNotifier(t, []).deliver(aMessage(), {
      receiver: { type: 'webhook', address },
    });
    assert.equal(delivered, false);
    assert.match(detail, /^calls to .* are not allowed: want another host/);
  });
}

test('a proxy is not a way around that', async (t) => {
  const receiver: Receiver = { type: 'webhook', address: 'https://hook.test/x', proxy: 'http://169.254.169.254:3128' };
  const { delivered, detail } = await aNotifier(t).deliver(aMessage(), { receiver });
  assert.equal(delivered, false);
  assert.match(detail, /^calls to 169\.254\.169\.254 are not allowed/);
});

for (const [address, proxy] of [
  ['not an address', undefined],
  ['ftp://hook.test/x', undefined],
  ['https://hook.test/x', 'gopher://proxy.test'],
] as const) {
  test(`${proxy ?? address} is refused in words that do not repeat it`, async (t) => {
    const receiver: Receiver = { type: 'webhook', address, ...(proxy === undefined ? {} : { proxy }) };
    const { delivered, detail } = await aNotifier(t).deliver(aMessage(), { receiver });
    assert.equal(delivered, false);
    assert.match(detail, /^its (address|proxy) is no address of http, https/);
    assert.ok(!detail.includes(proxy ?? address));
  });
}

const PROXIES = [
  { scheme: 'http', start: anHttpProxy },
  { scheme: 'socks5', start: aSocksProxy },
] as const;

for (const { scheme, start } of PROXIES) {
  test(`goes through a proxy of ${scheme}://, with its user and password`, async (t) => {
    const proxy = await start(t, 'bird:s3cret');
    const { url, received } = await aReceiver(t, answering('ok'));
    const notifier = aNotifier(t);
    const through = (user: string) => slack(url, { proxy: `${scheme}://${user}@${proxy.host}` });
    for (const _ of [1, 2]) {
      const { delivered } = await notifier.deliver(aMessage(), { receiver: through('bird:s3cret') });
      assert.equal(delivered, true);
    }
    assert.equal(received.length, 2);
    assert.equal(proxy.passed.length, 2);
    assert.ok(proxy.passed.every((line) => line.endsWith(new URL(url).host)));
    assert.equal(received[0]?.headers['proxy-authorization'], undefined, 'the receiver never sees them');
    const words = await notifier.deliver(aMessage(), { receiver: through('bird:wrong') }).then(
      ({ delivered, detail }) => `${delivered} ${detail}`,
      (error: Error) => `${error.message} ${error.stack}`,
    );
    assert.ok(!words.startsWith('true') && !words.includes('wrong') && !words.includes('s3cret'), words);
    assert.equal(received.length, 2);
  });
}

test('https goes through a tunnel of the proxy, and no certificate is taken unseen', async (t) => {
  const proxy = await anHttpProxy(t, 'bird:s3cret');
  const { url, received } = await aReceiver(t, answering('ok'), { tls: true });
  const receiver = slack(url, { proxy: `http://bird:s3cret@${proxy.host}` });
  const delivery = aNotifier(t).deliver(aMessage(), { receiver });
  await assert.rejects(delivery, { message: 'Cannot deliver: DEPTH_ZERO_SELF_SIGNED_CERT' });
  assert.deepEqual([proxy.passed, received.length], [[`CONNECT ${new URL(url).host}`], 0]);
});

test('a delivery that is given up ends at once', async (t) => {
  const asked = Promise.withResolvers<void>();
  const { url } = await aReceiver(t, () => asked.resolve());
  const stop = new AbortController();
  const delivery = aNotifier(t).deliver(aMessage(), { receiver: slack(url), signal: stop.signal });
  const failed = assert.rejects(delivery, NotifyError);
  await asked.promise;
  stop.abort();
  await failed;
});
