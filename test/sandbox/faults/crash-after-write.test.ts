import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeRequest } from '#src/kube/transport.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import { crashAfterWrite } from '#src/sandbox/faults/crash-after-write.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const list: KubeRequest = { method: 'GET', path: MAPS };
const create = (name: string): KubeRequest => ({
  method: 'POST',
  path: MAPS,
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } },
});

test('after the n-th write that was done nothing is answered and nothing is written any more', async () => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  let crashes = 0;
  const transport = crashAfterWrite(inProcessTransport(api, { user: 'test' }), { writes: 2, onCrash: () => crashes++ });
  const { events } = await transport.stream({ ...list, query: { watch: 'true' } });
  const seen: unknown[] = [];
  const watching = (async () => {
    for await (const event of events) seen.push(event);
  })();

  assert.equal((await transport.request(create('a'))).status, 201);
  assert.equal((await transport.request(create('a'))).status, 409, 'a refused write does not count');
  assert.equal((await transport.request(list)).status, 200, 'a read does not count');
  const parallel = [transport.request(create('b')), transport.request(create('c'))];
  const outcomes = await Promise.allSettled(parallel);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(crashes, 1);
  await assert.rejects(transport.request(list));
  await assert.rejects(transport.stream({ ...list, query: { watch: 'true' } }));
  await watching;
  const names = api.list({ apiVersion: 'v1', kind: 'ConfigMap' }).map(({ metadata }) => metadata.name);
  assert.ok(names.includes('b'), 'the last write stands');
  assert.ok(seen.length >= 1);
});

test('its last answer may still arrive', async () => {
  const api = new SandboxApi({ clock: new VirtualClock() });
  let crashes = 0;
  const transport = crashAfterWrite(inProcessTransport(api, { user: 'test' }), {
    writes: 1,
    answered: true,
    onCrash: () => crashes++,
  });
  assert.equal((await transport.request(create('a'))).status, 201);
  assert.equal(crashes, 1);
  await assert.rejects(transport.request(list));
});
