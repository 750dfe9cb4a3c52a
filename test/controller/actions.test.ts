import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAt, stringAt } from '#src/lib/json.ts';
import { crashAfterWrite } from '#src/sandbox/faults/crash-after-write.ts';
import type { World } from '#test/harness/a-world.ts';
import { actionNamed, answered, answerOf, ask } from '#test/harness/ask.ts';
import { bump, outcomesInGit, takenOverFromGit } from '#test/harness/git-release.ts';
import { guard } from '#test/harness/guard.ts';
import { lacking } from '#test/harness/lacking.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { deployment, ended, type Owner, push, serving, takenOver } from '#test/harness/release.ts';

const LIMIT = 120_000;
/** Enough requests for the canary to be judged by. */
const QUIET = { rps: 10 };

const atWeight = (world: World, weight: number) => (): boolean => world.canary().canaryWeight === weight;

/** podinfo 6.1.0 is at its first step. */
const releasing = async (owner: Owner, image = 'podinfo:6.1.0'): Promise<World> => {
  const world = await takenOver(owner, aCanary(), QUIET);
  push(world, image);
  await world.clock.until(atWeight(world, 10), LIMIT);
  return world;
};

const answerTo = async (world: World, name: string): Promise<string | undefined> => {
  await world.clock.until(answered(world, name), 10_000);
  return answerOf(world, name);
};

const record = (world: World, run: string | undefined) =>
  world.read({ apiVersion: 'serin.dev/v1alpha1', kind: 'CanaryRun', namespace: 'shop', name: `podinfo-${run}` });

test('abort: the traffic is back before anything else, and Git says who and why', async (t) => {
  const world = await takenOverFromGit(t);
  const broken = guard(world);
  bump(world, 'podinfo:6.1.0');
  await world.clock.until(atWeight(world, 10), LIMIT);
  const mark = world.load.snapshot();
  const name = ask(world, 'abort', { reason: 'wrong settings' });
  const asked = world.clock.now();
  await world.clock.until(atWeight(world, 0), 1_000);
  assert.ok(world.clock.now() - asked < 1_000);
  const { run } = world.canary();
  assert.equal(
    await answerTo(world, name),
    `Done: Run ${run?.id} is aborted by alice@example.com: wrong settings; podinfo-primary gets all traffic`,
  );
  await world.clock.until(ended(world, 1), LIMIT);
  await world.clock.until(() => world.canary().history[0]?.commit !== undefined, LIMIT);
  const [outcome] = world.canary().history;
  assert.deepEqual(
    [outcome?.outcome, outcome?.cause, outcome?.requestedBy, outcome?.reason],
    ['Aborted', 'OperatorAbort', 'alice@example.com', 'wrong settings'],
  );
  const commit = outcomesInGit(world).at(-1);
  assert.match(commit?.message ?? '', /^Revert podinfo to 6\.0\.0: wrong settings \(alice@example\.com\)\n/);
  assert.match(commit?.message ?? '', /^Serin-Requested-By: alice@example\.com$/m);
  const actions = listAt(record(world, outcome?.id), 'spec', 'actions');
  assert.deepEqual(
    actions.map((action) => [stringAt(action, 'verb'), stringAt(action, 'by'), stringAt(action, 'reason')]),
    [['abort', 'alice@example.com', 'wrong settings']],
  );
  assert.ok(world.events().some((event) => /^Aborted: Aborted at 10 % after .*: wrong settings \(alice/.test(event)));
  // Git asks for the old version again, and the aborted one does not come back by itself.
  await world.clock.advance(60_000);
  assert.equal(world.canary().history.length, 1);
  assert.deepEqual(
    world.canary().quarantine.map(({ run: of }) => of),
    [outcome?.id],
  );
  assert.equal(world.load.since(mark).failures, 0);
  assert.deepEqual(broken(), []);
});

test('pause holds the weight, a bad version is taken back all the same; resume goes on', async (t) => {
  const world = await releasing(t);
  await answerTo(world, ask(world, 'pause', { reason: 'lunch' }));
  await world.clock.advance(120_000);
  assert.deepEqual([world.canary().canaryWeight, world.canary().run?.paused?.by], [10, 'alice@example.com']);
  await answerTo(world, ask(world, 'resume'));
  await world.clock.until(ended(world, 1), LIMIT);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');

  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(atWeight(world, 10), LIMIT);
  await answerTo(world, ask(world, 'pause'));
  await world.clock.until(ended(world, 2), LIMIT);
  assert.equal(world.canary().history[0]?.outcome, 'RolledBack');
});

test('promote goes on to the next step at once, and the outcome says what was not judged', async (t) => {
  const world = await releasing(t);
  const name = ask(world, 'promote', { reason: 'seen enough' });
  await world.clock.until(atWeight(world, 50), 4_000);
  assert.match((await answerTo(world, name)) ?? '', /^Done: Run \S+ goes on from 10 % to its next step$/);
  await world.clock.until(ended(world, 1), LIMIT);
  const [run] = world.canary().history;
  assert.equal(run?.outcome, 'FastPromoted');
  assert.match(run?.sentence ?? '', /: not judged at 10 %: seen enough \(alice@example\.com\)$/);
});

test('promote --full promotes without further analysis, and loses no request', async (t) => {
  const world = await releasing(t);
  const mark = world.load.snapshot();
  const name = ask(world, 'promoteFull', { reason: 'hotfix' });
  await world.clock.until(ended(world, 1), LIMIT);
  const [run] = world.canary().history;
  assert.deepEqual([run?.outcome, run?.requestedBy], ['FastPromoted', 'alice@example.com']);
  assert.match(answerOf(world, name) ?? '', /^Done: /);
  assert.equal(world.load.since(mark).failures, 0);
});

test('a screen that is stale promotes nothing: another run is refused in words', async (t) => {
  const world = await releasing(t);
  const seen = world.canary().run?.id;
  push(world, 'podinfo:6.2.0');
  await world.clock.until(() => world.canary().run?.stage === 'shifting' && world.canary().run?.id !== seen, LIMIT);
  const current = world.canary().run?.id;
  const name = ask(world, 'promoteFull', { run: seen });
  assert.equal(await answerTo(world, name), `Refused: Cannot promote podinfo: run ${seen} is over: Superseded`);
  assert.equal(world.canary().run?.fast, undefined);
  const other = ask(world, 'abort', { run: `${current}0` });
  assert.equal(
    await answerTo(world, other),
    `Refused: Cannot abort podinfo: run ${current}0 is meant, but ${current} is going on; to see it: serin get canary podinfo`,
  );
  assert.ok(world.events().some((event) => event.startsWith('ActionRefused: Cannot abort podinfo: run ')));
});

test('retry runs a rejected version once more, and records by whom', async (t) => {
  const world = await takenOver(t, aCanary(), QUIET);
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), LIMIT);
  await world.clock.advance(60_000);
  assert.equal(world.canary().history.length, 1);
  const name = ask(world, 'retry', { reason: 'the database is back' });
  await world.clock.until(ended(world, 2), LIMIT);
  assert.match(answerOf(world, name) ?? '', /^Done: Revision \S+ is run again$/);
  const [again] = world.canary().history;
  assert.equal(again?.outcome, 'RolledBack');
  assert.equal(stringAt(record(world, again?.id), 'spec', 'actions', 0, 'verb'), 'retry');
  await world.clock.advance(60_000);
  assert.equal(world.canary().history.length, 2, 'and not by itself a third time');
});

test('unquarantine lets a version that comes back run again', async (t) => {
  const world = await takenOverFromGit(t);
  bump(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), LIMIT);
  const revision = world.canary().history[0]?.revision;
  await world.clock.until(() => world.canary().desired?.revision === world.canary().stable?.revision, LIMIT);
  await answerTo(world, ask(world, 'unquarantine', { revision }));
  assert.deepEqual(world.canary().quarantine, []);
  bump(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 2), LIMIT);
  assert.equal(world.canary().history[0]?.revision, revision);
});

test('an action is done once, whichever write the controller dies after', async (t) => {
  for (let writes = 1; writes <= 2; writes++) {
    for (const isAnswered of [false, true]) {
      const world = await takenOver(t, aCanary(), QUIET);
      push(world, 'podinfo:6.1.0');
      await world.clock.until(atWeight(world, 10), LIMIT);
      world.killControllers();
      const first = world.startController({
        through: (transport) =>
          crashAfterWrite(transport, { writes, answered: isAnswered, onCrash: () => first.kill() }),
      });
      await world.clock.advance(500);
      const name = ask(world, 'pause', { reason: 'once' });
      await world.clock.advance(3_000);
      world.killControllers();
      world.startController();
      await world.clock.until(answered(world, name), 10_000);
      await world.clock.advance(3_000);
      const { run, handled } = world.canary();
      assert.deepEqual(
        run?.actions?.map(({ verb }) => verb),
        ['pause'],
        `after write ${writes}`,
      );
      assert.equal(handled?.filter((answer) => answer.name === name).length, 1);
      assert.match(answerOf(world, name) ?? '', /^Done: Run \S+ is paused at 10 % by alice@example\.com: once$/);
      await world.stop();
    }
  }
});

test('a controller that may not answer still acts, says which right it lacks, and answers when it has it', async (t) => {
  const world = await serving(t, QUIET);
  let may = false;
  world.startController({
    through: lacking(({ resource }) => !may && resource === 'canaryactions/status'),
  });
  world.apply(aCanary());
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(atWeight(world, 10), LIMIT);
  const name = ask(world, 'abort');
  await world.clock.until(ended(world, 1), LIMIT);
  assert.equal(world.canary().history[0]?.outcome, 'Aborted');
  assert.equal(answerOf(world, name), undefined);
  const stalled = world.canary().conditions.find(({ type }) => type === 'Stalled');
  assert.match(
    stalled?.message ?? '',
    /RBAC does not grant "update" on canaryactions\.serin\.dev\/status|canaryactions\/status/,
  );
  may = true;
  await world.clock.until(answered(world, name), LIMIT);
  assert.match(answerOf(world, name) ?? '', /^Done: /);
  assert.equal(world.canary().history.length, 1);
});

test('an action for a Canary that does not exist, or cannot be understood, is refused in words', async (t) => {
  const world = await serving(t, { ...QUIET, admitsSerin: false });
  world.startController();
  const nobody = ask(world, 'abort', { run: 'x-1' });
  assert.equal(await answerTo(world, nobody), 'Refused: Cannot abort podinfo: there is no Canary shop/podinfo');
  world.apply(aCanary({ service: { port: 80 } }));
  const wrong = ask(world, 'abort', { run: 'x-1' });
  assert.match(
    (await answerTo(world, wrong)) ?? '',
    /^Refused: Cannot abort podinfo: spec: Nothing tells the data plane/,
  );
  world.apply({
    apiVersion: 'serin.dev/v1alpha1',
    kind: 'CanaryAction',
    metadata: { name: 'odd', namespace: 'shop' },
    spec: { canaryRef: { name: 'podinfo' }, verb: 'explode', requestedBy: 'alice' },
  });
  assert.match((await answerTo(world, 'odd')) ?? '', /^Refused: spec\.verb: /);
});

test('a leader that comes finds what was asked while nobody led', async (t) => {
  const world = await releasing(t);
  world.killControllers();
  const name = ask(world, 'abort');
  const orphan = ask(world, 'abort', { canaryRef: { name: 'gone' }, run: 'x-1' });
  await world.clock.advance(30_000);
  assert.equal(answerOf(world, name), undefined);
  world.startController();
  await world.clock.until(ended(world, 1), LIMIT);
  assert.match(answerOf(world, name) ?? '', /^Done: /);
  assert.equal(answerOf(world, orphan), 'Refused: Cannot abort gone: there is no Canary shop/gone');
});

test('answered actions do not pile up', async (t) => {
  const world = await takenOver(t, aCanary(), QUIET);
  const names: string[] = [];
  for (let index = 0; index < 25; index++) {
    world.apply({
      apiVersion: 'serin.dev/v1alpha1',
      kind: 'CanaryAction',
      metadata: { name: `a-${String(index).padStart(2, '0')}`, namespace: 'shop' },
      spec: { canaryRef: { name: 'podinfo' }, verb: 'abort', run: 'x-1', requestedBy: 'alice' },
    });
    names.push(`a-${String(index).padStart(2, '0')}`);
    await world.clock.advance(1_000);
  }
  await world.clock.advance(5_000);
  const left = names.filter((name) => actionNamed(world, name) !== undefined);
  assert.deepEqual(left, names.slice(-20));
  assert.ok(deployment(world, 'podinfo-primary'));
});
