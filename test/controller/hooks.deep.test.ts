import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import type { World } from '#test/harness/a-world.ts';
import { answered, ask } from '#test/harness/ask.ts';
import {
  type Answers,
  after,
  callsOf,
  hook,
  LIMIT,
  NO,
  outcome,
  release,
  said,
  withHooks,
  YES,
} from '#test/harness/hooked.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { ended, push } from '#test/harness/release.ts';

test('a gate that a person rejects ends the run, with who and why', async (t) => {
  const world = await withHooks(t, [hook('qa', 'confirm-promotion')], { answers: { qa: NO } });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => said(world, 'GateWaiting').length > 0, LIMIT);
  ask(world, 'reject', { gate: 'qa', reason: 'wrong week' });
  await world.clock.until(ended(world, 1), LIMIT);
  assert.deepEqual(outcome(world), ['Aborted', 'OperatorAbort']);
  assert.match(world.canary().history[0]?.sentence ?? '', /gate "qa" was rejected by alice@example\.com: wrong week$/);
});

test('muteAlert keeps the gate from people, not from the events', async (t) => {
  const answers = { qa: NO };
  const world = await withHooks(t, [hook('qa', 'confirm-rollout', { muteAlert: true })], { answers, alerts: true });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => said(world, 'GateWaiting').length > 0, LIMIT);
  await world.clock.advance(10_000);
  assert.deepEqual(
    world.messages.filter(({ topic }) => topic === 'gate'),
    [],
  );
});

test('pre-rollout that goes on failing rolls the run back before anybody has met it', async (t) => {
  const answers = { smoke: { passed: false, detail: 'HTTP 500: broken' } };
  const world = await withHooks(t, [hook('smoke', 'pre-rollout')], { answers });
  const mark = world.load.snapshot();
  await release(world);
  assert.deepEqual(outcome(world), ['RolledBack', 'HookFailed']);
  assert.match(
    world.canary().history[0]?.sentence ?? '',
    /pre-rollout hook "smoke": HTTP 500: broken \(2 of 2 failed checks\)$/,
  );
  assert.deepEqual(Object.keys(world.load.since(mark).versions), ['6.0.0']);
  assert.equal(callsOf(world, 'smoke').length, 2);
});

test('a pre-rollout test may take longer than the canary may take to become ready', async (t) => {
  const answers: Answers = { acceptance: () => after(world, 90_000) };
  const world: World = await withHooks(t, [hook('acceptance', 'pre-rollout', { timeout: '2m' })], { answers });
  world.apply(
    aCanary({
      ...(aCanary().spec as CanarySpecInput),
      progressDeadlineSeconds: 60,
      analysis: {
        ...(aCanary().spec as CanarySpecInput).analysis,
        webhooks: [hook('acceptance', 'pre-rollout', { timeout: '2m' })],
      },
    }),
  );
  await release(world);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
  assert.equal(callsOf(world, 'acceptance').length, 1);
});

test('rollout hooks that go on failing roll back; hooks may judge alone', async (t) => {
  const answers = { load: { passed: false, detail: 'HTTP 500' } };
  const world = await withHooks(t, [hook('load', undefined)], { answers, analysis: { metrics: [] } });
  await release(world);
  assert.deepEqual(outcome(world), ['RolledBack', 'HookFailed']);
  assert.match(
    world.canary().history[0]?.sentence ?? '',
    /^Rolled back at 10 % .*: hook "load": HTTP 500 \(2 of 2 failed windows\)$/,
  );
});

for (const where of ['in the middle of a run', 'while it is paused'] as const) {
  test(`rollback: a yes takes the run back ${where}, an error does not`, async (t) => {
    const answers: Answers = { back: NO };
    const world = await withHooks(t, [hook('qa', 'confirm-rollout'), hook('back', 'rollback')], { answers });
    push(world, 'podinfo:6.1.0');
    await world.clock.until(() => world.canary().canaryWeight === 10, LIMIT);
    if (where === 'while it is paused') {
      const name = ask(world, 'pause');
      await world.clock.until(answered(world, name), 10_000);
      await world.clock.advance(30_000);
      assert.equal(world.canary().canaryWeight, 10);
    }
    assert.equal(world.canary().run?.outcome, undefined);
    answers['back'] = YES;
    await world.clock.until(() => world.canary().history.length === 1, 6_000);
    assert.deepEqual(outcome(world), ['RolledBack', 'RollbackHook']);
    assert.match(world.canary().history[0]?.sentence ?? '', /rollback hook "back" asks for it: HTTP 200$/);
  });
}

test('on-inconclusive: told once when the run is held for want of evidence', async (t) => {
  const world = await withHooks(t, [hook('who', 'on-inconclusive')], {
    rps: 1,
    analysis: { metrics: [{ name: 'orders', query: 'absent_metric', thresholdRange: { min: 1 } }] },
  });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().run?.held !== undefined, 900_000);
  await world.clock.advance(60_000);
  assert.equal(callsOf(world, 'who').length, 1);
  assert.match(world.canary().run?.hooks?.[0]?.detail ?? '', /HTTP 200/);
});

test('a push supersedes a run that waits at a gate', async (t) => {
  const answers: Answers = { qa: NO };
  const world = await withHooks(t, [hook('qa', 'confirm-rollout')], { answers });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().phase === 'Waiting', LIMIT);
  push(world, 'podinfo:6.2.0');
  await world.clock.until(() => world.canary().history.length === 1, LIMIT);
  assert.deepEqual(outcome(world), ['Superseded', undefined]);
  await world.clock.until(() => world.canary().phase === 'Waiting', LIMIT);
  answers['qa'] = YES;
  await world.clock.until(() => world.canary().history.length === 2, LIMIT);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
});

test('a gate that the Canary asks for no longer holds nothing up', async (t) => {
  const world = await withHooks(t, [hook('qa', 'confirm-rollout')], { answers: { qa: NO } });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().phase === 'Waiting', LIMIT);
  world.apply(aCanary());
  await world.clock.until(ended(world, 1), LIMIT);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
});
