import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RECEIVER_TYPES } from '#src/api/notification-provider.ts';
import { systemClock } from '#src/lib/clock.ts';
import { ALWAYS_DENIED, denyList } from '#src/lib/deny-list.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { Notifier, NotifyError } from '#src/notify/notifier.ts';
import type { Receiver } from '#src/notify/receiver.ts';
import type { Message } from '#src/rollout/effect.ts';
import type { Owner } from '#test/harness/release.ts';
import { aReceiver } from '#test/hooks/a-receiver.ts';
import { aMessage } from '#test/notify/a-message.ts';
import { NOTIFIER_CASES, type NotifierCase } from './notifier-case.ts';

// What every type of receiver is promised, on a real server.

const SECRET_PATH = '/services/T0SECRET/B0SECRET';

const aNotifier = (owner: Owner, clock: ConstructorParameters<typeof Notifier>[0]['clock'] = systemClock): Notifier => {
  const notifier = new Notifier({ clock, deny: denyList({ deny: ALWAYS_DENIED, allow: ['127.0.0.0/8'] }) });
  owner.after(() => notifier.close());
  return notifier;
};

type Reply = { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> };

/** A server that answers `reply`, and one message posted to it. */
const told = async (
  owner: Owner,
  { receiver, taken }: NotifierCase,
  { reply = taken, message = {} }: { readonly reply?: Reply; readonly message?: Partial<Message> } = {},
) => {
  const server = await aReceiver(owner, (response) => {
    response.writeHead(reply.status, reply.headers ?? {});
    response.end(reply.body ?? '');
  });
  const to: Receiver = { ...receiver, address: `${server.url}${SECRET_PATH}` };
  const delivery = aNotifier(owner).deliver(aMessage(message), { receiver: to });
  return { delivery, server, to };
};

test('every type of receiver has a case', () => {
  const types = new Set(NOTIFIER_CASES.map(({ receiver }) => receiver.type));
  assert.deepEqual(types, new Set(RECEIVER_TYPES));
  const flagger = NOTIFIER_CASES.filter(({ receiver }) => receiver.dialect === 'flagger').map(
    ({ receiver }) => receiver.type,
  );
  assert.deepEqual(flagger.toSorted(), ['discord', 'gchat', 'msteams', 'rocket', 'slack'].toSorted());
});

for (const notifier of NOTIFIER_CASES) {
  const { name, receiver } = notifier;

  test(`${name}: posts JSON once, with the id as idempotency key, and says who, what and why`, async (t) => {
    const { delivery, server } = await told(t, notifier);
    assert.deepEqual(await delivery, { delivered: true, detail: `HTTP ${notifier.taken.status}` });
    const [request, ...more] = server.received;
    assert.equal(more.length, 0);
    assert.equal(request?.method, 'POST');
    assert.equal(request?.headers['content-type'], 'application/json');
    assert.equal(request?.headers['idempotency-key'], 'op-1');
    const isBearer = receiver.token !== undefined && receiver.type !== 'telegram';
    assert.equal(request?.headers.authorization, isBearer ? `Bearer ${receiver.token}` : undefined);
    const text = notifier.text(JSON.parse(request?.body ?? '')).replaceAll('\\', '');
    for (const part of ['podinfo rolled back to 6.7.0', 'request-success-rate 48.2 % is below 99 %', '20 %', 'eu-1'])
      assert.ok(text.includes(part), `${part} in ${text}`);
  });

  test(`${name}: takes everything that can be told, however long`, async (t) => {
    const huge: Partial<Message> = {
      title: `🚀<&>"_${'title '.repeat(200)}`,
      text: '<é&\u{1F600}>'.repeat(3000),
      fields: [
        { title: 'Empty', value: '' },
        ...Array.from({ length: 40 }, (_, index) => ({
          title: `Image ${index} ${'x'.repeat(300)}`,
          value: 'ü&<*'.repeat(800),
        })),
      ],
    };
    for (const message of [huge, { title: 'x', text: '', fields: [] }]) {
      const { delivery, server } = await told(t, notifier, { message });
      assert.equal((await delivery).delivered, true);
      const raw = server.received[0]?.body ?? '';
      assert.deepEqual(notifier.tooLong(JSON.parse(raw), raw), []);
      assert.ok(raw.isWellFormed(), 'no character is cut in two');
    }
  });

  test(`${name}: what stands in a message is text, not markup`, async (t) => {
    const title = '[click](https://evil.test) <https://evil.test|ok> <!channel> <b>bold</b> #+=|{}';
    const { delivery, server } = await told(t, notifier, {
      message: { title, text: title, fields: [{ title, value: title }] },
    });
    await delivery;
    const text = notifier.text(JSON.parse(server.received[0]?.body ?? ''));
    assert.doesNotMatch(text, notifier.hostile);
    assert.match(text, /click/);
  });

  for (const status of [408, 425, 429, 500, 503]) {
    test(`${name}: HTTP ${status} is tried again`, async (t) => {
      const { delivery } = await told(t, notifier, { reply: { status, headers: { 'retry-after': '30' } } });
      await assert.rejects(delivery, (error: unknown) => {
        assert.ok(error instanceof NotifyError);
        assert.equal(error.retryAfterMs, 30_000);
        assert.match(error.message, new RegExp(`HTTP ${status}`));
        return true;
      });
    });
  }

  for (const status of [301, 400, 401, 404, 413]) {
    test(`${name}: HTTP ${status} is final, and no redirect is followed`, async (t) => {
      const elsewhere = await aReceiver(t, (response) => response.end());
      const { delivery, server } = await told(t, notifier, { reply: { status, headers: { location: elsewhere.url } } });
      const { delivered, detail } = await delivery;
      assert.equal(delivered, false);
      assert.match(detail, new RegExp(`HTTP ${status}.*check the address`));
      assert.deepEqual([server.received.length, elsewhere.received.length], [1, 0]);
    });
  }

  test(`${name}: no answer, and no error, says what is secret`, async (t) => {
    const echo = {
      error: `no ${SECRET_PATH} T0SECRET ${receiver.token ?? ''}`,
      description: receiver.token ?? SECRET_PATH,
    };
    for (const status of [400, 500]) {
      const { delivery, server } = await told(t, notifier, { reply: { status, body: JSON.stringify(echo) } });
      const words = await delivery.then(
        ({ detail }) => detail,
        (error: Error) => `${error.message} ${error.stack} ${String(error.cause)}`,
      );
      for (const secret of ['SECRET', receiver.token ?? 'SECRET', `${server.port}`])
        assert.ok(!words.includes(secret), words);
    }
  });

  test(`${name}: a server that says nothing is given up after 5 s`, async (t) => {
    const clock = new VirtualClock();
    const asked = Promise.withResolvers<void>();
    const server = await aReceiver(t, () => asked.resolve());
    const delivery = aNotifier(t, clock).deliver(aMessage(), { receiver: { ...receiver, address: server.url } });
    const failed = assert.rejects(delivery, /no answer within 5 s/);
    await asked.promise;
    await clock.advance(5_000);
    await failed;
  });

  test(`${name}: an answer that never ends is given up after 5 s`, async (t) => {
    const clock = new VirtualClock();
    const begun = Promise.withResolvers<void>();
    const server = await aReceiver(t, (response) => {
      response.writeHead(200);
      response.write('x', () => begun.resolve());
    });
    const delivery = aNotifier(t, clock).deliver(aMessage(), { receiver: { ...receiver, address: server.url } });
    await begun.promise;
    await clock.advance(5_000);
    assert.equal((await delivery).delivered, true, 'its status has told what counts');
  });
}
