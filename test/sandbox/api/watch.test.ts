import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeRequest, Transport } from '#src/kube/transport.ts';
import { at, stringAt } from '#src/lib/json.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const manager = 'test';

const open = (options: { historyLimit?: number } = {}) => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock, ...options });
  const write = (name: string, value = '1') =>
    api.write(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name }, data: { value } },
      { manager },
    );
  return { clock, api, write, transport: inProcessTransport(api, { user: 'test' }) };
};

/** Everything that a watch gives, as it comes; `end` when it is over. */
const record = (transport: Transport, query: Record<string, string>, rest: Partial<KubeRequest> = {}) => {
  const events: unknown[] = [];
  const run = async (): Promise<void> => {
    const stream = await transport.stream({ method: 'GET', path: MAPS, ...rest, query: { watch: 'true', ...query } });
    for await (const event of stream.events) events.push(event);
    events.push({ type: 'end' });
  };
  void run();
  const texts = (): readonly string[] =>
    events.map((event) => `${stringAt(event, 'type')} ${stringAt(event, 'object', 'metadata', 'name') ?? ''}`.trim());
  return { events, texts };
};

test('a watch from before the compaction gets one ERROR event with 410 and ends', async () => {
  const { clock, api, write, transport } = open();
  const old = write('a').metadata.resourceVersion ?? '';
  write('b');
  api.compact();
  const { events, texts } = record(transport, { resourceVersion: old });
  await clock.settle();
  assert.deepEqual(texts(), ['ERROR', 'end']);
  assert.equal(at(events[0], 'object', 'code'), 410);
  assert.equal(at(events[0], 'object', 'reason'), 'Expired');
});

test('a list token and an exact list from before the compaction get 410', async () => {
  const { api, write, transport } = open();
  for (const name of ['a', 'b', 'c']) write(name);
  const list = (query: Record<string, string>) => transport.request({ method: 'GET', path: MAPS, query });
  const first = await list({ limit: '1' });
  const resourceVersion = stringAt(first.body, 'metadata', 'resourceVersion') ?? '';
  const exact = { resourceVersion, resourceVersionMatch: 'Exact' };
  write('d');
  assert.equal(at((await list(exact)).body, 'items', 3), undefined);
  api.compact();
  for (const query of [{ continue: stringAt(first.body, 'metadata', 'continue') ?? '' }, exact]) {
    const refused = await list(query);
    assert.equal(refused.status, 410);
    assert.equal(at(refused.body, 'reason'), 'Expired');
  }
});

test('a resourceVersion from the future is a time-out with Retry-After', async () => {
  const { transport } = open();
  const refused = await transport.request({ method: 'GET', path: MAPS, query: { resourceVersion: '999' } });
  assert.equal(refused.status, 504);
  assert.equal(refused.headers['retry-after'], '1');
});

test('history is forgotten by itself, but never for a watch that is open', async () => {
  const { clock, write, transport } = open({ historyLimit: 5 });
  const old = write('a').metadata.resourceVersion ?? '';
  const { texts } = record(transport, { resourceVersion: old });
  await clock.settle();
  for (let value = 2; value < 30; value++) write('a', String(value));
  await clock.settle();
  assert.equal(texts().length, 28);
  const late = record(transport, { resourceVersion: old });
  await clock.settle();
  assert.deepEqual(late.texts(), ['ERROR', 'end']);
});

test('bookmarks come every minute and at the end, and only when asked for', async () => {
  const { clock, write, transport } = open();
  const asked = record(transport, { resourceVersion: '1', allowWatchBookmarks: 'true', timeoutSeconds: '90' });
  const plain = record(transport, { resourceVersion: '1', timeoutSeconds: '90' });
  await clock.settle();
  const { resourceVersion } = write('a').metadata;
  await clock.advance(61_000);
  assert.deepEqual(asked.texts().slice(-2), ['ADDED a', 'BOOKMARK']);
  assert.deepEqual(at(asked.events.at(-1), 'object'), {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { resourceVersion },
  });
  await clock.advance(30_000);
  assert.deepEqual(asked.texts().slice(-2), ['BOOKMARK', 'end']);
  assert.deepEqual(plain.texts().slice(-2), ['ADDED a', 'end']);
  await clock.advance(120_000);
  assert.equal(asked.texts().filter((text) => text === 'BOOKMARK').length, 2, 'a closed watch has no timer left');
});

test('streaming lists are refused, so that clients fall back to list and watch', async () => {
  const { transport } = open();
  const query = { watch: 'true', sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' };
  const refused = await transport.stream({ method: 'GET', path: MAPS, query });
  assert.equal(refused.status, 422);
  assert.match(stringAt(refused.body, 'message') ?? '', /sendInitialEvents is forbidden/);
});

test('closing the transport ends its watches and refuses what comes after', async () => {
  const { clock, transport } = open();
  const { texts } = record(transport, { resourceVersion: '1' });
  await clock.settle();
  await transport.close();
  await clock.settle();
  assert.equal(texts().at(-1), 'end');
  await assert.rejects(transport.request({ method: 'GET', path: MAPS }), /the transport is closed/);
});
