import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { CanarySpecInput } from '#src/api/canary.ts';
import type { Webhook } from '#src/api/webhook.ts';
import { executeHook } from '#src/controller/executors/hook.ts';
import { HookCaller } from '#src/hooks/call-hook.ts';
import type { KubeClient } from '#src/kube/client.ts';
import { systemClock } from '#src/lib/clock.ts';
import { ALWAYS_DENIED, denyList } from '#src/lib/deny-list.ts';
import { hookEffect, payloadOf } from '#src/rollout/hooks/hook-effect.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { ended, push, serving } from '#test/harness/release.ts';
import { aRunning, aShiftedRun } from '#test/rollout/an-observed.ts';
import { type LoadTester, startLoadTester } from './world/load-tester.ts';

// Flagger's own load tester, as its users run it: what it takes from Flagger it must take from Serin.

const folder = mkdtempSync(join(tmpdir(), 'serin-load-tester-'));
const deny = denyList({ deny: ALWAYS_DENIED, allow: ['127.0.0.0/8'] });
const caller = new HookCaller({ clock: systemClock, deny });
const ends: (() => Promise<void>)[] = [];
let tester: LoadTester;
before(async () => {
  tester = await startLoadTester({ after: (end) => void ends.push(end) });
});
after(async () => {
  for (const end of ends) await end();
  await caller.close();
  rmSync(folder, { recursive: true, force: true });
});

const noSecrets = (): never => {
  throw new Error('Cannot read a Secret: these calls name none');
};

/** Calls a path of the load tester with what the controller sends in the middle of a run. */
const call = async (path: string, hook: Partial<Webhook> = {}): Promise<readonly [boolean, string]> => {
  const observed = aRunning(aShiftedRun(1, 5));
  const webhook: Webhook = { name: 'load', url: `${tester.url}${path}`, timeout: '5s', ...hook };
  const payload = payloadOf(observed, webhook, { phase: 'Progressing', run: observed.status.run });
  const effect = hookEffect(observed, webhook, { key: 'hook/1', payload });
  assert.ok(effect);
  const client = { get: noSecrets } as unknown as KubeClient;
  const answer = await executeHook(effect, { client, call: caller.call, signal: new AbortController().signal });
  assert.ok(answer.kind === 'hook');
  return [answer.passed, answer.detail];
};
const task = (type: string | undefined, cmd: string): Partial<Webhook> => ({
  metadata: { cmd, ...(type === undefined ? {} : { type }) },
});

test('gates that are always open or shut', async () => {
  assert.deepEqual(await call('/gate/approve'), [true, 'HTTP 200']);
  assert.deepEqual(await call('/gate/halt'), [false, 'HTTP 403: Forbidden']);
});

for (const kind of ['gate', 'rollback']) {
  test(`a ${kind} of the Canary is opened and shut, and answers so`, async () => {
    const shut = [false, 'HTTP 403: Forbidden'];
    assert.deepEqual(await call(`/${kind}/check`), shut);
    assert.deepEqual(await call(`/${kind}/open`), [true, 'HTTP 202']);
    assert.deepEqual(await call(`/${kind}/check`), [true, 'HTTP 200']);
    assert.deepEqual(await call(`/${kind}/close`), [true, 'HTTP 202']);
    assert.deepEqual(await call(`/${kind}/check`), shut);
    assert.ok(tester.said().some((line) => line.endsWith(`podinfo.shop ${kind} check: approved true`)));
  });
}

test('a bash task is waited for: its exit code is the answer', async () => {
  assert.deepEqual(await call('/', task('bash', `touch ${folder}/bash`)), [true, 'HTTP 200']);
  assert.ok(existsSync(join(folder, 'bash')));
  const [passed, detail] = await call('/', task('bash', 'echo too slow; exit 3'));
  assert.equal(passed, false);
  assert.match(detail, /^HTTP 500: .*exit status 3/);
});

test('a load task is taken at once and runs beside', async () => {
  assert.deepEqual(await call('/', task(undefined, `touch ${folder}/cmd`)), [true, 'HTTP 202']);
  for (let waited = 0; !existsSync(join(folder, 'cmd')); waited++) {
    assert.ok(waited < 100, tester.said().join('\n'));
    await setTimeout(100);
  }
});

test('what it refuses is a no, with its words', async () => {
  assert.deepEqual(await call('/'), [false, 'HTTP 400: metadata not found in payload']);
  assert.equal((await call('/', task('k6', 'run')))[0], false);
});

/** podinfo is run by a Canary with Flagger's usual hooks; virtual time stands still while the load tester answers. */
const released = async (t: Parameters<typeof serving>[0]) => {
  const world = await serving(t, {
    rps: 5,
    onHook: ({ id, url, payload }, clock) => {
      const body = JSON.stringify(payload);
      const of = { timeoutMs: 5000, retries: 0, disableTLS: false };
      return clock.track(caller.call({ id, url, body, ...of }, new AbortController().signal));
    },
  });
  world.startController();
  const { url } = tester;
  const webhooks: CanarySpecInput['analysis']['webhooks'] = [
    { name: 'may it start', type: 'confirm-rollout', url: `${url}/gate/check` },
    { name: 'acceptance test', type: 'pre-rollout', url: `${url}/`, metadata: { type: 'bash', cmd: 'true' } },
    { name: 'load test', url: `${url}/`, metadata: { type: 'cmd', cmd: 'true', logCmdOutput: 'true' } },
    { name: 'may it go on', type: 'confirm-traffic-increase', url: `${url}/gate/approve` },
    { name: 'promotion', type: 'confirm-promotion', url: `${url}/gate/approve` },
    { name: 'rollback', type: 'rollback', url: `${url}/rollback/check` },
    { name: 'clean up', type: 'post-rollout', url: `${url}/`, metadata: { type: 'bash', cmd: 'exit 1' } },
  ];
  const { analysis } = aCanary().spec as CanarySpecInput;
  world.apply(aCanary({ analysis: { ...analysis, webhooks } }));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return world;
};

test('a whole release with all of its hooks: opened, tested, promoted', async (t) => {
  const world = await released(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().phase === 'Waiting', 60_000);
  await world.clock.advance(30_000);
  assert.equal(world.canary().phase, 'Waiting');
  assert.deepEqual(await call('/gate/open'), [true, 'HTTP 202']);
  await world.clock.until(ended(world, 1), 120_000);
  const [run] = world.canary().history;
  assert.equal(run?.outcome, 'Promoted');
  const called = new Set(world.calls.map(({ payload }) => payload.metadata['cmd']));
  assert.ok(called.has('exit 1'));
  assert.ok(world.events().some((event) => /^HookFailed: Hook "clean up" \(post-rollout\) .*HTTP 500/.test(event)));
  await call('/gate/close');
});

test('a rollback that is opened there takes the run back', async (t) => {
  await call('/gate/open');
  const world = await released(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  await call('/rollback/open');
  await world.clock.until(ended(world, 1), 60_000);
  await call('/rollback/close');
  const [run] = world.canary().history;
  assert.deepEqual([run?.outcome, run?.cause], ['RolledBack', 'RollbackHook']);
});
