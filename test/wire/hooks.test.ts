import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import nock from 'nock';
import { HookCaller } from '#src/hooks/call-hook.ts';
import { systemClock } from '#src/lib/clock.ts';
import { denyList } from '#src/lib/deny-list.ts';

before(() => nock.disableNetConnect());
after(() => nock.restore());

const caller = new HookCaller({ clock: systemClock, deny: denyList({ deny: [], allow: [] }) });
after(() => caller.close());

const call = {
  id: '9fdf842b',
  url: 'https://gate.test/check?team=shop',
  body: '{"name":"podinfo","namespace":"shop","phase":"Waiting","checksum":"c0ffee","metadata":{}}',
  timeoutMs: 2000,
  retries: 0,
  disableTLS: false,
  hmac: 'key',
};
const never = new AbortController().signal;

test('what goes over the wire: method, address, headers, body', async () => {
  const scope = nock('https://gate.test', {
    reqheaders: {
      'content-type': 'application/json',
      'idempotency-key': '9fdf842b',
      'user-agent': 'serin',
      'x-serin-signature': /^sha256=[0-9a-f]{64}$/,
      host: 'gate.test',
    },
    badheaders: ['authorization', 'cookie'],
  })
    .post('/check', (body) => body.phase === 'Waiting' && body.checksum === 'c0ffee')
    .query({ team: 'shop' })
    .reply(202);
  assert.deepEqual(await caller.call(call, never), { passed: true, detail: 'HTTP 202' });
  scope.done();
});

for (const [status, body, detail] of [
  [403, 'Forbidden', 'HTTP 403: Forbidden'],
  [404, '', 'HTTP 404'],
  [500, '{"error":"team shop"}', 'HTTP 500: {"error":"team ***"}'],
] as const) {
  test(`HTTP ${status} is a no`, async () => {
    nock('https://gate.test').post('/check').query(true).reply(status, body);
    assert.deepEqual(await caller.call(call, never), { passed: false, detail });
  });
}

test('a broken connection never tells the address', async () => {
  nock('https://gate.test')
    .post('/check')
    .query(true)
    .replyWithError(Object.assign(new Error(`connect ${call.url}`), { code: 'ECONNRESET' }));
  assert.deepEqual(await caller.call(call, never), { passed: false, detail: 'cannot be reached: ECONNRESET' });
});
