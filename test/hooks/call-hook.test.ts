import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { HookCaller } from '#src/hooks/call-hook.ts';
import { ALWAYS_DENIED, denyList } from '#src/lib/deny-list.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { aCall, aCaller, aReceiver, patient } from './a-receiver.ts';

test('posts the body as it stands, with its id, and takes every 2xx for a yes', async (t) => {
  const { url, received } = await aReceiver(t, (response, _got, index) => {
    response.statusCode = [200, 202, 204, 299][index] ?? 500;
    response.end();
  });
  const caller = aCaller(t);
  for (const status of [200, 202, 204, 299]) {
    assert.deepEqual(await caller.call(aCall(`${url}/gate/check?token=s3cret`), patient()), {
      passed: true,
      detail: `HTTP ${status}`,
    });
  }
  const [first] = received;
  assert.equal(first?.method, 'POST');
  assert.equal(first?.url, '/gate/check?token=s3cret');
  assert.equal(first?.body, '{"name":"podinfo"}');
  assert.equal(first?.headers['content-type'], 'application/json');
  assert.equal(first?.headers['idempotency-key'], 'call-1');
  assert.equal(first?.headers['x-serin-signature'], undefined);
});

test('signs the raw body with the key', async (t) => {
  const { url, received } = await aReceiver(t, (response) => response.end());
  const body = '{"name":"käfig"}';
  await aCaller(t).call(aCall(url, { body, hmac: 'key\n' }), patient());
  const wanted = createHmac('sha256', 'key\n').update(Buffer.from(body, 'utf8')).digest('hex');
  assert.equal(received[0]?.headers['x-serin-signature'], `sha256=${wanted}`);
});

test('says what was answered, in one line that hides what stands behind the host', async (t) => {
  const { url, received } = await aReceiver(t, (response, got) => {
    response.statusCode = 403;
    response.end(`no: ${got.url}\n\ttoken s3cret-token, key mac-key\u0000${'x'.repeat(500)}`);
  });
  const call = aCall(`${url}/services/T0/B0/abcdefgh?token=s3cret-token`, { hmac: 'mac-key' });
  const { passed, detail } = await aCaller(t).call(call, patient());
  assert.equal(passed, false);
  assert.match(detail, /^HTTP 403: no: \*+ token \*\*\*, key \*\*\* x+…$/);
  assert.ok(!/s3cret|abcdefgh|mac-key/.test(detail), detail);
  assert.ok(detail.length < 200);
  assert.equal(received.length, 1, '403 is an answer, not a reason to ask again');
});

test('follows no redirect', async (t) => {
  const { url, received } = await aReceiver(t, (response) => {
    response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' });
    response.end();
  });
  const answer = await aCaller(t).call(aCall(url, { retries: 3 }), patient());
  assert.deepEqual(answer, { passed: false, detail: 'HTTP 307: redirects are not followed' });
  assert.equal(received.length, 1);
});

test('gives up an attempt at its time-out, whether nothing or half a head comes', async (t) => {
  const { url } = await aReceiver(t, () => {});
  const slow = createServer((socket) => void socket.on('error', () => {}).write('HTTP/1.1 200 OK\r\n'));
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
  t.after(() => slow.close());
  const address = slow.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const caller = aCaller(t);
  for (const hanging of [url, `http://127.0.0.1:${port}/`]) {
    const answer = await caller.call(aCall(hanging, { timeoutMs: 60 }), patient());
    assert.deepEqual(answer, { passed: false, detail: 'no answer within 0.06 s' });
  }
});

test('a yes whose body never ends is a yes, and a no of any size is cut', async (t) => {
  const { url } = await aReceiver(t, (response, got) => {
    if (got.url === '/yes') return void response.writeHead(200).write('working…');
    response.writeHead(500);
    const more = (): void => {
      while (response.write('y'.repeat(65_536))) if (response.destroyed) return;
      response.once('drain', more);
    };
    more();
  });
  const caller = aCaller(t);
  assert.deepEqual(await caller.call(aCall(`${url}/yes`), patient()), { passed: true, detail: 'HTTP 200' });
  const { passed, detail } = await caller.call(aCall(`${url}/no`), patient());
  assert.equal(passed, false);
  assert.match(detail, /^HTTP 500: y{159}…$/);
});

test('a certificate that nobody trusts is refused, unless verification is off', async (t) => {
  const { url, received } = await aReceiver(t, (response) => response.end(), { tls: true });
  const caller = aCaller(t);
  const refused = await caller.call(aCall(url), patient());
  assert.deepEqual(refused, { passed: false, detail: 'cannot be reached: DEPTH_ZERO_SELF_SIGNED_CERT' });
  assert.equal(received.length, 0);
  assert.equal((await caller.call(aCall(url, { disableTLS: true }), patient())).passed, true);
});

const ATTEMPT_MS = 60_000;

/** A caller whose waits take no time, and the waits that it made. */
const inVirtualTime = (t: Parameters<typeof aCaller>[0]): { caller: HookCaller; waits: number[] } => {
  const clock = new VirtualClock();
  const waits: number[] = [];
  const caller = new HookCaller({
    clock: {
      ...clock,
      now: clock.now,
      after: (ms, run) => {
        // The time-out of an attempt is no wait between two.
        if (ms === ATTEMPT_MS) return () => {};
        waits.push(ms);
        setImmediate(run);
        return () => {};
      },
    },
    deny: denyList({ deny: ALWAYS_DENIED, allow: ['127.0.0.0/8'] }),
  });
  t.after(() => caller.close());
  return { caller, waits };
};

test('tries again after 429, 5xx and broken connections, with growing waits and the same id', async (t) => {
  const { url, received } = await aReceiver(t, (response, _got, index) => {
    if (index === 1) return void response.destroy();
    response.statusCode = [503, 0, 429, 500, 200][index] ?? 200;
    if (index === 2) response.setHeader('retry-after', '7');
    response.end();
  });
  const { caller, waits } = inVirtualTime(t);
  assert.deepEqual(await caller.call(aCall(url, { retries: 9, timeoutMs: ATTEMPT_MS }), patient()), {
    passed: true,
    detail: 'HTTP 200',
  });
  assert.deepEqual(waits, [1000, 2000, 7000, 8000]);
  assert.equal(new Set(received.map(({ headers }) => headers['idempotency-key'])).size, 1);
});

test('gives the last answer when its attempts are used up', async (t) => {
  const { url, received } = await aReceiver(t, (response) => {
    response.statusCode = 502;
    response.end('bad gateway');
  });
  const { caller, waits } = inVirtualTime(t);
  const answer = await caller.call(aCall(url, { retries: 7, timeoutMs: ATTEMPT_MS }), patient());
  assert.deepEqual(answer, { passed: false, detail: 'HTTP 502: bad gateway' });
  assert.equal(received.length, 8);
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('501 is an answer', async (t) => {
  const { url, received } = await aReceiver(t, (response) => void response.writeHead(501).end());
  await aCaller(t).call(aCall(url, { retries: 3 }), patient());
  assert.equal(received.length, 1);
});

test('ends at once when it is not wanted any more, in a call and between two', async (t) => {
  const { url } = await aReceiver(t, (response, got) => {
    if (got.url !== '/hang') response.writeHead(503).end();
  });
  const caller = aCaller(t);
  for (const path of ['/hang', '/again']) {
    const stop = new AbortController();
    const called = caller.call(aCall(`${url}${path}`, { retries: 5, timeoutMs: 60_000 }), stop.signal);
    setTimeout(() => stop.abort(), 50);
    await assert.rejects(called, { name: 'AbortError' });
  }
});

test('says that nobody listens', async (t) => {
  const { url } = await aReceiver(t, (response) => response.end());
  const port = Number(new URL(url).port) === 1 ? 2 : 1;
  const answer = await aCaller(t).call(aCall(`http://127.0.0.1:${port}/`), patient());
  assert.deepEqual(answer, { passed: false, detail: 'cannot be reached: ECONNREFUSED' });
});

const DENIED = [
  'http://127.0.0.1/',
  'http://0x7f.1/',
  'http://2130706433/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://0.0.0.0/',
  'http://169.254.169.254/latest/meta-data/',
  'http://169.254.170.23/v1/credentials',
  'http://[fd00:ec2::254]/',
  'http://[fe80::1]/',
  'https://metadata.google.internal/computeMetadata/v1/',
  'https://metadata.google.internal./computeMetadata/v1/',
  'http://localhost/',
];
for (const url of DENIED) {
  test(`calls nothing at ${url}`, async (t) => {
    const { passed, detail } = await aCaller(t, []).call(aCall(url, { retries: 5 }), patient());
    assert.equal(passed, false);
    assert.match(detail, /^calls to \S+ are not allowed: want another host, or a controller/);
  });
}

test('a name is judged by the address that is connected to', async (t) => {
  const { port, received } = await aReceiver(t, (response) => response.end());
  const call = aCall(`http://localhost:${port}/`);
  assert.match((await aCaller(t, []).call(call, patient())).detail, /not allowed/);
  assert.equal(received.length, 0);
  assert.equal((await aCaller(t).call(call, patient())).passed, true);
});

for (const [url, detail] of [
  ['ftp://example.com/', 'its url is no http or https address'],
  ['http://', 'its url is no http or https address'],
  ['http://user:password@example.com/', 'its url carries a credential'],
] as const) {
  test(`does not call ${url}`, async (t) => {
    assert.deepEqual(await aCaller(t).call(aCall(url), patient()), { passed: false, detail });
  });
}
