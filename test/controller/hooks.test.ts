import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import type { HookAnswer } from '#src/hooks/call-hook.ts';
import { listAt, stringAt } from '#src/lib/json.ts';
import { sleep } from '#src/lib/sleep.ts';
import type { HookHeard, World, WorldOptions } from '#test/harness/a-world.ts';
import { answered, answerOf, ask } from '#test/harness/ask.ts';
import { guard } from '#test/harness/guard.ts';
import { aCanary, aReceiver } from '#test/harness/manifests.ts';
import { deployment, ended, type Owner, push, serving } from '#test/harness/release.ts';

const LIMIT = 120_000;
type Hook = NonNullable<CanarySpecInput['analysis']['webhooks']>[number];

const YES: HookAnswer = { passed: true, detail: 'HTTP 200' };
const NO: HookAnswer = { passed: false, detail: 'HTTP 403: Forbidden' };

/** A hook that is called at an address named after it. */
const hook = (name: string, type: Hook['type'], parts: Partial<Hook> = {}): Hook => ({
  name,
  type,
  url: `http://hooks.example.com/${name}`,
  ...parts,
});

type Answers = Record<string, HookAnswer | ((heard: HookHeard) => HookAnswer | Promise<HookAnswer>)>;

/** podinfo 6.0.0 has been taken over by a Canary with these hooks, which answer as `answers` say, else yes. */
const withHooks = async (
  owner: Owner,
  webhooks: readonly Hook[],
  options: { readonly answers?: Answers; readonly analysis?: object; readonly alerts?: boolean } & WorldOptions = {},
): Promise<World> => {
  const { answers = {}, analysis = {}, alerts = false, ...rest } = options;
  const world = await serving(owner, {
    rps: 5,
    ...rest,
    onHook: (heard) => {
      const answer = answers[heard.url.slice(heard.url.lastIndexOf('/') + 1)] ?? YES;
      return typeof answer === 'function' ? answer(heard) : answer;
    },
  });
  world.startController();
  if (alerts) world.apply(aReceiver('team'));
  const team = alerts ? { alerts: [{ name: 'team', providerRef: { name: 'team' } }] } : {};
  const { analysis: usual } = aCanary().spec as { analysis: object };
  world.apply(aCanary({ analysis: { ...usual, ...team, ...analysis, webhooks } as CanarySpecInput['analysis'] }));
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  return world;
};

/** A yes that takes its time. */
const after = async ({ clock }: World, ms: number): Promise<HookAnswer> => {
  await sleep(clock, ms);
  return YES;
};

const callsOf = (world: World, name: string): readonly HookHeard[] =>
  world.calls.filter(({ url }) => url.endsWith(`/${name}`));
const said = (world: World, reason: string): readonly string[] =>
  world.events().filter((event) => event.startsWith(`${reason}: `));
const outcome = (world: World) => {
  const [run] = world.canary().history;
  return run === undefined ? undefined : [run.outcome, run.cause];
};
const record = (world: World) =>
  world.read({
    apiVersion: 'serin.dev/v1alpha1',
    kind: 'CanaryRun',
    namespace: 'shop',
    name: `podinfo-${world.canary().history[0]?.id}`,
  });
const release = async (world: World, image = 'podinfo:6.1.0'): Promise<void> => {
  push(world, image);
  await world.clock.until(ended(world, world.canary().history.length + 1), LIMIT);
};

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

test('a gate that a person rejects ends the run, with who and why', async (t) => {
  const world = await withHooks(t, [hook('qa', 'confirm-promotion')], { answers: { qa: NO } });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => said(world, 'GateWaiting').length > 0, LIMIT);
  ask(world, 'reject', { gate: 'qa', reason: 'wrong week' });
  await world.clock.until(ended(world, 1), LIMIT);
  assert.deepEqual(outcome(world), ['Aborted', 'OperatorAbort']);
  assert.match(world.canary().history[0]?.sentence ?? '', /gate "qa" was rejected by alice@example\.com: wrong week$/);
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

for (const where of ['at a gate', 'in the middle of a run', 'while it is paused'] as const) {
  test(`rollback: a yes takes the run back ${where}, an error does not`, async (t) => {
    const answers: Answers = { back: NO, qa: where === 'at a gate' ? NO : YES };
    const world = await withHooks(t, [hook('qa', 'confirm-rollout'), hook('back', 'rollback')], { answers });
    push(world, 'podinfo:6.1.0');
    const isThere = (): boolean =>
      where === 'at a gate' ? world.canary().phase === 'Waiting' : world.canary().canaryWeight === 10;
    await world.clock.until(isThere, LIMIT);
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
