import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HookAnswer } from '#src/hooks/call-hook.ts';
import { listAt, stringAt } from '#src/lib/json.ts';
import type { World } from '#test/harness/a-world.ts';
import { answered, answerOf, ask } from '#test/harness/ask.ts';
import { guard } from '#test/harness/guard.ts';
import {
  type Answers,
  after,
  callsOf,
  hook,
  LIMIT,
  NO,
  outcome,
  record,
  release,
  said,
  withHooks,
  YES,
} from '#test/harness/hooked.ts';
import { deployment, ended, push } from '#test/harness/release.ts';

test('confirm-rollout: nothing runs until it says yes; it is told once and asked in every interval', async (t) => {
  const answers: Answers = { qa: NO };
  const world = await withHooks(t, [hook('qa', 'confirm-rollout')], { answers, alerts: true });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().phase === 'Waiting', LIMIT);
  await world.clock.advance(31_000);
  assert.equal(world.canary().phase, 'Waiting');
  assert.equal(deployment(world, 'podinfo-canary'), undefined);
  const { run } = world.canary();
  assert.deepEqual(
    run?.gates?.map(({ name, type, step, state, reason }) => [name, type, step, state, reason]),
    [['qa', 'confirm-rollout', 0, 'Waiting', 'HTTP 403: Forbidden']],
  );
  assert.equal(
    run?.next?.action.replace(/at .*Z/, 'at …'),
    'podinfo-canary starts once gate "qa" is open, rollback at … if it is not',
  );
  assert.equal(callsOf(world, 'qa').length, 7, 'at once, then every 5 s');
  assert.equal(new Set(callsOf(world, 'qa').map(({ id }) => id)).size, 7);
  assert.deepEqual(said(world, 'GateWaiting'), [
    `GateWaiting: Run ${run?.id} waits for gate "qa" (confirm-rollout): HTTP 403: Forbidden`,
  ]);
  const told = world.messages.filter(({ topic }) => topic === 'gate');
  assert.equal(told.length, 1);
  assert.match(
    told[0]?.text ?? '',
    /Gate qa \(confirm-rollout\) is not open: HTTP 403: Forbidden\. .*serin approve podinfo qa/,
  );

  answers['qa'] = YES;
  await world.clock.until(ended(world, 1), LIMIT);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
  assert.equal(said(world, 'GateOpened').length, 1);
  const gates = listAt(record(world), 'spec', 'gates');
  assert.deepEqual(
    gates.map((gate) => stringAt(gate, 'state')),
    ['Open'],
  );
  const asked = callsOf(world, 'qa').length;
  assert.equal(asked, 8, 'not asked again once it is open');
});

test("what a hook is told: Flagger's five fields, and where the run is", async (t) => {
  const metadata = { type: 'cmd', cmd: 'hey' };
  const world = await withHooks(t, [hook('load', undefined, { metadata }), hook('done', 'post-rollout')]);
  await release(world);
  const [first] = callsOf(world, 'load');
  const { history, stable } = world.canary();
  assert.deepEqual(first?.payload, {
    name: 'podinfo',
    namespace: 'shop',
    phase: 'Progressing',
    checksum: first?.payload.checksum,
    metadata,
    runId: history[0]?.id,
    revision: stable?.revision,
    images: { app: 'podinfo:6.1.0' },
    weight: 10,
    step: 1,
  });
  assert.match(first?.payload.checksum ?? '', /^[0-9a-f]{10}$/);
  await world.clock.advance(1000);
  const [after] = callsOf(world, 'done');
  assert.deepEqual(
    [after?.payload.phase, after?.payload.outcome, after?.payload.checksum],
    ['Succeeded', 'Promoted', first?.payload.checksum],
  );
});

test('a gate outlives its controller: not told again, not asked again once it is open', async (t) => {
  const answers: Answers = { first: YES, second: NO };
  const world = await withHooks(t, [hook('first', 'confirm-rollout'), hook('second', 'confirm-rollout')], {
    answers,
    alerts: true,
  });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => said(world, 'GateWaiting').length > 0, LIMIT);
  await world.clock.advance(7_000);
  assert.equal(callsOf(world, 'first').length, 1);
  world.killControllers();
  await world.clock.advance(60_000);
  const before = callsOf(world, 'second').length;
  world.startController();
  await world.clock.advance(20_000);
  assert.equal(callsOf(world, 'first').length, 1);
  assert.ok(callsOf(world, 'second').length > before);
  assert.equal(said(world, 'GateWaiting').length, 1);
  assert.equal(world.messages.filter(({ topic }) => topic === 'gate').length, 1);
  answers['second'] = YES;
  await world.clock.until(ended(world, 1), LIMIT);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
});

test('a gate that nobody opens ends the run at its deadline, and nothing was exposed', async (t) => {
  const world = await withHooks(t, [hook('qa', 'confirm-rollout', { deadline: '1m' })], { answers: { qa: NO } });
  const mark = world.load.snapshot();
  await release(world);
  assert.deepEqual(outcome(world), ['RolledBack', 'DeadlineExceeded']);
  assert.match(
    world.canary().history[0]?.sentence ?? '',
    /^Rolled back after 1 min: gate "qa" \(confirm-rollout\) was not opened within 1 min: HTTP 403: Forbidden$/,
  );
  assert.deepEqual(Object.keys(world.load.since(mark).versions), ['6.0.0']);
  assert.deepEqual(
    listAt(record(world), 'spec', 'gates').map((gate) => stringAt(gate, 'state')),
    ['Expired'],
  );
});

test('a gate without an address waits for a person, who approves it', async (t) => {
  const world = await withHooks(t, [{ name: 'sre', type: 'confirm-promotion' }], { alerts: true });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().phase === 'WaitingPromotion', LIMIT);
  await world.clock.advance(20_000);
  assert.equal(world.canary().canaryWeight, 50, 'the weight stands and is judged meanwhile');
  assert.deepEqual(world.calls, []);
  assert.equal(world.messages.filter(({ topic }) => topic === 'gate').length, 1);
  const name = ask(world, 'approve', { gate: 'sre', reason: 'looks good' });
  await world.clock.until(answered(world, name), 10_000);
  assert.match(
    answerOf(world, name) ?? '',
    /^Done: Gate "sre" of run .* is approved by alice@example.com: looks good$/,
  );
  await world.clock.until(ended(world, 1), LIMIT);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
  const [gate] = listAt(record(world), 'spec', 'gates');
  assert.deepEqual(
    [stringAt(gate, 'state'), stringAt(gate, 'by'), stringAt(gate, 'reason')],
    ['Approved', 'alice@example.com', 'looks good'],
  );
});

test('while a gate waits the checks go on: a version that turns bad is taken back', async (t) => {
  const world = await withHooks(t, [hook('qa', 'confirm-promotion')], { answers: { qa: NO } });
  const broken = guard(world);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().phase === 'WaitingPromotion', LIMIT);
  world.images.publish('podinfo:6.1.0', { errorRate: 0.5 });
  await world.clock.until(ended(world, 1), LIMIT);
  assert.deepEqual(outcome(world), ['RolledBack', 'ThresholdReached']);
  assert.deepEqual(broken(), []);
});

test('pre-rollout: in order, each once it passes; a failure is a failed check and is tried again', async (t) => {
  let failures = 1;
  const answers: Answers = { smoke: () => (failures-- > 0 ? { passed: false, detail: 'HTTP 500: not warm' } : YES) };
  const world = await withHooks(t, [hook('smoke', 'pre-rollout'), hook('acceptance', 'pre-rollout')], { answers });
  await release(world);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
  assert.deepEqual(
    world.calls.map(({ url, payload }) => [url.slice(url.lastIndexOf('/') + 1), payload.weight, payload.step]),
    [
      ['smoke', 0, 0],
      ['smoke', 0, 0],
      ['acceptance', 0, 0],
    ],
  );
  assert.equal((world.calls[1]?.at ?? 0) - (world.calls[0]?.at ?? 0), 5_000);
  assert.deepEqual(said(world, 'HookFailed'), [
    'HookFailed: pre-rollout hook "smoke": HTTP 500: not warm (1 of 2 failed checks)',
  ]);
  const hooks = listAt(record(world), 'spec', 'hooks') as readonly { name: string; calls: number; failures?: number }[];
  assert.deepEqual(
    hooks.map(({ name, calls, failures: failed }) => [name, calls, failed]),
    [
      ['smoke', 2, 1],
      ['acceptance', 1, undefined],
    ],
  );
});

test('rollout: called once for each window from its beginning; a failure fails the window', async (t) => {
  let calls = 0;
  const answers: Answers = { load: () => (++calls === 2 ? { passed: false, detail: 'HTTP 500: p99 too high' } : YES) };
  const world = await withHooks(t, [hook('load', undefined)], { answers });
  await release(world);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
  assert.deepEqual(
    callsOf(world, 'load').map(({ payload }) => payload.weight),
    [10, 50, 50],
    'the window that failed is followed by another at the same weight',
  );
  assert.deepEqual(said(world, 'CheckFailed'), [
    'CheckFailed: hook "load": HTTP 500: p99 too high at 50% (1 of 2 failed windows)',
  ]);
});

test('a hook that takes longer than its window holds the weight, and a bad version is taken back meanwhile', async (t) => {
  const answers: Answers = { slow: () => after(world, 22_000) };
  const world: World = await withHooks(t, [hook('slow', undefined, { timeout: '1m' })], { answers });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 50, LIMIT);
  const [first] = callsOf(world, 'slow');
  assert.ok(world.clock.now() - (first?.at ?? 0) >= 22_000);
  assert.equal(callsOf(world, 'slow').length, 1, 'never two at once');
  world.images.publish('podinfo:6.1.0', { errorRate: 0.9 });
  const turned = world.clock.now();
  await world.clock.until(() => world.canary().canaryWeight === 0, LIMIT);
  assert.ok(world.clock.now() - turned < 20_000, 'the rollback waits for no hook');
  await world.clock.until(ended(world, 1), LIMIT);
  assert.deepEqual(outcome(world), ['RolledBack', 'ThresholdReached']);
});

test('confirm-traffic-increase: asked before each raise, holds without failing', async (t) => {
  let open = false;
  const answers: Answers = { more: ({ payload }) => (payload.step === 0 || open ? YES : NO) };
  const world = await withHooks(t, [hook('more', 'confirm-traffic-increase')], { answers });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => said(world, 'GateWaiting').length > 0, LIMIT);
  await world.clock.advance(20_000);
  assert.equal(world.canary().canaryWeight, 10);
  assert.equal(world.canary().failedChecks, 0);
  open = true;
  await world.clock.until(() => world.canary().canaryWeight === 50, 6_000);
  await world.clock.until(ended(world, 1), LIMIT);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
  assert.deepEqual(
    [...new Set(callsOf(world, 'more').map(({ payload }) => payload.step))],
    [0, 1],
    'not before the promotion',
  );
});

test('rollback: a yes takes the run back at a gate, an error does not', async (t) => {
  const answers: Answers = { back: NO, qa: NO };
  const world = await withHooks(t, [hook('qa', 'confirm-rollout'), hook('back', 'rollback')], { answers });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().phase === 'Waiting', LIMIT);
  await world.clock.advance(20_000);
  assert.equal(world.canary().phase, 'Waiting');
  answers['back'] = YES;
  await world.clock.until(() => world.canary().history.length === 1, 6_000);
  assert.deepEqual(outcome(world), ['RolledBack', 'RollbackHook']);
  assert.match(world.canary().history[0]?.sentence ?? '', /rollback hook "back" asks for it: HTTP 200$/);
});

test('a paused run calls nothing but its rollback hooks', async (t) => {
  const hooks = [hook('load', undefined), hook('more', 'confirm-traffic-increase'), hook('back', 'rollback')];
  const answers: Answers = { more: ({ payload }) => (payload.step === 0 ? YES : NO), back: NO };
  const world = await withHooks(t, hooks, { answers });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => said(world, 'GateWaiting').length > 0, LIMIT);
  const name = ask(world, 'pause');
  await world.clock.until(answered(world, name), 10_000);
  const deadline = world.canary().run?.gates?.at(-1)?.deadline ?? '';
  const before = world.calls.length;
  await world.clock.advance(60_000);
  assert.deepEqual([...new Set(world.calls.slice(before).map(({ url }) => url))], ['http://hooks.example.com/back']);
  ask(world, 'resume');
  await world.clock.advance(10_000);
  const later = world.canary().run?.gates?.at(-1)?.deadline ?? '';
  assert.ok(Date.parse(later) - Date.parse(deadline) >= 60_000, 'the time of the pause does not count');
  assert.ok(callsOf(world, 'load').some(({ at }) => at > world.clock.now() - 10_000));
});

test('post-rollout: owed to every outcome, survives the controller, and its failure is told', async (t) => {
  const answers: Answers = {
    slow: () => after(world, 20_000),
    broken: { passed: false, detail: 'HTTP 500: no such channel' },
  };
  const hooks = [hook('slow', 'post-rollout'), hook('broken', 'post-rollout')];
  const world: World = await withHooks(t, hooks, { answers });
  await release(world, 'podinfo:6.9.0-bad');
  await world.clock.advance(1_000);
  assert.deepEqual(
    callsOf(world, 'broken').map(({ payload }) => [payload.phase, payload.outcome]),
    [['Failed', 'RolledBack']],
  );
  assert.match(
    said(world, 'HookFailed')[0] ?? '',
    /Hook "broken" \(post-rollout\) of run .*-1: HTTP 500: no such channel$/,
  );
  assert.equal(world.canary().run, undefined, 'the run does not wait for them');
  assert.deepEqual(
    world.canary().outbox.map(({ kind, hook: name }) => [kind, name]),
    [['hook', 'slow']],
  );
  world.killControllers();
  await world.clock.advance(30_000);
  world.startController();
  await world.clock.advance(30_000);
  const slow = callsOf(world, 'slow');
  assert.equal(slow.length, 2, 'it had not been answered when the controller died');
  assert.equal(slow[0]?.id, slow[1]?.id, 'so that its receiver can drop the repeat');
  assert.deepEqual(world.canary().outbox, []);
  assert.equal(callsOf(world, 'broken').length, 1);
});

test('event: every event is told, and nothing waits for that', async (t) => {
  const answers: Answers = {
    deaf: () => new Promise<HookAnswer>(() => {}),
    chat: { passed: false, detail: 'HTTP 500' },
  };
  const metadata = { team: 'shop', eventType: 'mine' };
  const hooks = [hook('deaf', 'event'), hook('chat', 'event', { metadata })];
  const world = await withHooks(t, hooks, { answers });
  await release(world);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
  await world.clock.advance(1_000);
  const told = callsOf(world, 'chat').map(({ payload }) => payload.metadata);
  assert.deepEqual(
    told.map(({ eventMessage }) => eventMessage).sort(),
    world
      .events()
      .map((event) => event.slice(event.indexOf(': ') + 2))
      .sort(),
  );
  assert.deepEqual([...new Set(told.map(({ team }) => team))], ['shop']);
  assert.deepEqual([...new Set(told.map(({ eventType }) => eventType))], ['Normal']);
  assert.ok(told.every(({ timestamp = '' }) => /^\d{13}$/.test(timestamp)));
  assert.equal(new Set(callsOf(world, 'chat').map(({ id }) => id)).size, told.length);
});
