import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executeHook } from '#src/controller/executors/hook.ts';
import type { HookCall } from '#src/hooks/call-hook.ts';
import { createKubeClient } from '#src/kube/create-client.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import type { HookEffect } from '#src/rollout/effect.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { answering } from '#src/sandbox/faults/answering.ts';
import { aWorld } from '#test/harness/a-world.ts';
import { aSecret } from '#test/harness/manifests.ts';
import type { Owner } from '#test/harness/release.ts';

const payload = {
  name: 'podinfo',
  namespace: 'shop',
  phase: 'Progressing',
  checksum: 'c0ffee',
  metadata: { cmd: 'hey' },
};
const anEffect = (parts: Partial<HookEffect['hook']> = {}): HookEffect => ({
  kind: 'hook',
  key: 'hook/v2-1/4:load/1',
  id: 'id-1',
  hook: {
    name: 'load',
    type: 'rollout',
    url: 'http://load.test/',
    timeoutMs: 5000,
    retries: 2,
    disableTLS: true,
    ...parts,
  },
  payload,
});

/** What is called, with Secrets of a sandbox; `status` is what the API server answers to whoever asks for one. */
const calling = async (owner: Owner, effect: HookEffect, { status }: { readonly status?: number } = {}) => {
  const world = aWorld();
  owner.after(world.stop);
  world.apply(aSecret('hooks', { hmac: 'key' }));
  world.apply(aSecret('other', { token: 'x' }));
  const plain = inProcessTransport(world.cluster.api, { user: 'serin' });
  const transport = status === undefined ? plain : answering(plain, () => ({ status, headers: {}, body: {} }));
  const client = createKubeClient({ transport, clock: new VirtualClock(), random: () => 0.5 });
  const calls: HookCall[] = [];
  const result = executeHook(effect, {
    client,
    signal: new AbortController().signal,
    call: async (call) => {
      calls.push(call);
      return { passed: true, detail: 'HTTP 200' };
    },
  });
  return { calls, result };
};

test('sends the payload as JSON, with the id of the call and what its hook says', async (t) => {
  const { calls, result } = await calling(t, anEffect());
  assert.deepEqual(await result, { kind: 'hook', passed: true, detail: 'HTTP 200' });
  const body =
    '{"name":"podinfo","namespace":"shop","phase":"Progressing","checksum":"c0ffee","metadata":{"cmd":"hey"}}';
  assert.deepEqual(calls, [
    { id: 'id-1', url: 'http://load.test/', body, timeoutMs: 5000, retries: 2, disableTLS: true },
  ]);
});

test('signs with the key of the Secret', async (t) => {
  const { calls, result } = await calling(t, anEffect({ secretRef: { namespace: 'shop', name: 'hooks' } }));
  await result;
  assert.equal(calls[0]?.hmac, 'key');
});

for (const [name, detail] of [
  ['gone', 'Cannot read Secret shop/gone: it does not exist'],
  ['other', 'Secret shop/other has no key hmac'],
] as const) {
  test(`calls nothing unsigned where a signature is asked for: Secret ${name}`, async (t) => {
    const { calls, result } = await calling(t, anEffect({ secretRef: { namespace: 'shop', name } }));
    assert.deepEqual(await result, { kind: 'hook', passed: false, detail });
    assert.deepEqual(calls, []);
  });
}

test('an API server that does not say whether there is a Secret is asked again, and is no failure of the hook', async (t) => {
  const effect = anEffect({ secretRef: { namespace: 'shop', name: 'hooks' } });
  const { calls, result } = await calling(t, effect, { status: 403 });
  await assert.rejects(result, { name: 'KubeError' });
  assert.deepEqual(calls, []);
});
