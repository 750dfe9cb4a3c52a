import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import nock from 'nock';
import { deliver, NotifyError } from '#src/notify/deliver.ts';
import { aMessage } from '#test/notify/a-message.ts';

before(() => nock.disableNetConnect());
after(() => nock.restore());

const slack = { type: 'slack', address: 'https://hooks.slack.test/services/T0/SECRET', token: 'xoxb-1' } as const;
const path = '/services/T0/SECRET';

test('posts JSON with the id as idempotency key and the token as bearer', async () => {
  const scope = nock('https://hooks.slack.test', {
    reqheaders: { 'content-type': 'application/json', 'idempotency-key': 'op-1', authorization: 'Bearer xoxb-1' },
  })
    .post(path, (body) => body.blocks.length === 4 && body.text.includes('podinfo'))
    .reply(200, 'ok');
  assert.deepEqual(await deliver(aMessage(), { receiver: slack }), { delivered: true, detail: 'HTTP 200' });
  scope.done();
});

for (const status of [429, 503]) {
  test(`HTTP ${status} is tried again`, async () => {
    nock('https://hooks.slack.test').post(path).reply(status, 'later');
    await assert.rejects(deliver(aMessage(), { receiver: slack }), NotifyError);
  });
}

test('HTTP 404 is final and says what to check', async () => {
  nock('https://hooks.slack.test').post(path).reply(404, 'no_service');
  const delivery = await deliver(aMessage(), { receiver: slack });
  assert.equal(delivery.delivered, false);
  assert.match(delivery.detail, /HTTP 404; check the address/);
});

test('a broken connection is tried again and its error never holds the address', async () => {
  nock('https://hooks.slack.test')
    .post(path)
    .replyWithError(Object.assign(new Error(`connect ${slack.address}`), { code: 'ECONNRESET' }));
  await assert.rejects(deliver(aMessage(), { receiver: slack }), (error: Error) => {
    assert.ok(!`${error.message}${error.stack}`.includes('SECRET'));
    return error instanceof NotifyError;
  });
});

test('the generic webhook carries the signature of what was sent', async () => {
  const scope = nock('https://hook.test', { reqheaders: { 'x-signature': /^sha256=[0-9a-f]{64}$/ } })
    .post('/in', (body) => body.kind === 'Message' && body.id === 'op-1')
    .reply(202);
  const receiver = { type: 'webhook', address: 'https://hook.test/in', hmac: 'key' } as const;
  assert.equal((await deliver(aMessage(), { receiver })).delivered, true);
  scope.done();
});
