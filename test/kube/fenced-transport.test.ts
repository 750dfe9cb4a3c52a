import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fencedTransport } from '#src/kube/fenced-transport.ts';
import type { Transport } from '#src/kube/transport.ts';

test('lets every read through, and a write only while this process may write', async () => {
  const sent: string[] = [];
  const transport: Transport = {
    request: async ({ method }) => {
      sent.push(method);
      return { status: 200, headers: {}, body: {} };
    },
    stream: async () => ({ status: 200, headers: {}, body: undefined, events: (async function* () {})() }),
    close: async () => {},
  };
  let leads = true;
  const fenced = fencedTransport(transport, () => leads);
  await fenced.request({ method: 'PATCH', path: '/' });
  leads = false;
  await fenced.request({ method: 'GET', path: '/' });
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    await assert.rejects(fenced.request({ method, path: '/' }), /does not hold the lease/);
  }
  assert.deepEqual(sent, ['PATCH', 'GET']);
});
