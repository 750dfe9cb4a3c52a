import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringAt } from '#src/lib/json.ts';
import type { World } from '#test/harness/a-world.ts';
import {
  aGitCanary,
  asksFor,
  bump,
  deploymentYaml,
  MANIFEST,
  outcomesInGit,
  takenOverFromGit,
} from '#test/harness/git-release.ts';
import { deployment, ended } from '#test/harness/release.ts';

const condition = (world: World, type: string) => world.canary().conditions.find((one) => one.type === type);
const synced = (world: World) => () => condition(world, 'GitSynced')?.status === 'True';
const subjects = (world: World): readonly (string | undefined)[] =>
  outcomesInGit(world).map(({ message }) => message.split('\n')[0]);

test('records a good release in one commit', async (t) => {
  const world = await takenOverFromGit(t);
  const pushed = bump(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 60_000);
  await world.clock.until(synced(world), 10_000);
  const [commit, ...others] = outcomesInGit(world);
  assert.deepEqual(others, []);
  assert.match(commit?.message ?? '', /^Record podinfo 6\.1\.0 as stable\n/);
  assert.match(commit?.message ?? '', new RegExp(`^Serin-Source: ${pushed}$`, 'm'));
  assert.equal(commit?.files[MANIFEST], deploymentYaml('podinfo:6.1.0'), 'the manifest is left as it was');
  assert.equal(world.canary().history[0]?.commit, commit?.sha);
  assert.equal(
    condition(world, 'GitSynced')?.message,
    `Run ${world.canary().history[0]?.id} is in commit ${commit?.sha}`,
  );
});

test('reverts a bad release in Git; the agent applies it, and nothing runs again', async (t) => {
  const world = await takenOverFromGit(t);
  bump(world, 'podinfo:6.9.0-bad');
  let wasReady = true;
  await world.clock.until(() => {
    wasReady &&= condition(world, 'Ready')?.status === 'True';
    return ended(world, 1)() && asksFor(world) === 'podinfo:6.0.0';
  }, 60_000);
  assert.ok(wasReady, 'an agent that waits for health would not apply the revert before its time-out');
  const [subject, ...others] = subjects(world);
  assert.match(subject ?? '', /^Revert podinfo to 6\.0\.0: request-success-rate [0-9.]+ % is below 99 %/);
  assert.deepEqual(others, []);
  assert.equal(world.git.files[MANIFEST], deploymentYaml('podinfo:6.0.0'));
  assert.equal(asksFor(world), 'podinfo:6.0.0');
  await world.clock.advance(30_000);
  assert.equal(world.canary().runs, 1);
  assert.equal(outcomesInGit(world).length, 1);
});

test('holds the same bad version when it is pushed again', async (t) => {
  const world = await takenOverFromGit(t);
  bump(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), 60_000);
  await world.clock.until(() => asksFor(world) === 'podinfo:6.0.0', 10_000);
  bump(world, 'podinfo:6.9.0-bad');
  await world.clock.until(() => asksFor(world) === 'podinfo:6.9.0-bad', 10_000);
  await world.clock.advance(30_000);
  assert.equal(world.canary().runs, 1);
  assert.equal(deployment(world, 'podinfo-canary'), undefined);
  assert.match(condition(world, 'Ready')?.message ?? '', /^Revision \w+ is quarantined since run \w+-1: Rolled back/);
  assert.ok(world.events().some((event) => event.startsWith('Quarantined: ')));

  bump(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 2), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted', 'a fix is judged as always');
});

test('commits nothing for what was superseded or withdrawn', async (t) => {
  const world = await takenOverFromGit(t);
  bump(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  bump(world, 'podinfo:6.2.0');
  await world.clock.until(() => world.canary().history[0]?.outcome === 'Superseded', 60_000);
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  bump(world, 'podinfo:6.0.0');
  await world.clock.until(ended(world, 2), 60_000);
  await world.clock.advance(30_000);
  assert.equal(world.canary().history[0]?.outcome, 'Withdrawn');
  assert.deepEqual(subjects(world), []);
});

test('a Git that is away at the verdict gets its one commit later; the run does not wait', async (t) => {
  const world = await takenOverFromGit(t);
  world.git.away = true;
  bump(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(deployment(world, 'podinfo-canary'), undefined, 'the cluster is back to what is good');
  await world.clock.advance(120_000);
  assert.equal(condition(world, 'GitSynced')?.status, 'False');
  assert.match(
    condition(world, 'GitSynced')?.message ?? '',
    /^The revert of run \w+-1 is on its way; tried again after: /,
  );
  assert.deepEqual(subjects(world), []);
  world.git.away = false;
  await world.clock.until(synced(world), 60_000);
  assert.equal(subjects(world).length, 1);
  await world.clock.until(() => asksFor(world) === 'podinfo:6.0.0', 10_000);
});

test('an answer of Git that is lost, three times over, leaves one commit', async (t) => {
  const world = await takenOverFromGit(t);
  world.git.lostAnswers = 3;
  bump(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 60_000);
  await world.clock.until(synced(world), 60_000);
  assert.equal(subjects(world).length, 1);
  assert.equal(world.canary().history[0]?.commit, outcomesInGit(world)[0]?.sha);
});

test('a push that the host refuses is told in its own words, once', async (t) => {
  const world = await takenOverFromGit(t);
  world.git.protection = 'branch main is protected';
  bump(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), 60_000);
  await world.clock.advance(30_000);
  const run = world.canary().history[0]?.id;
  assert.deepEqual(
    { status: condition(world, 'GitSynced')?.status, reason: condition(world, 'GitSynced')?.reason },
    { status: 'False', reason: 'GitRefused' },
  );
  assert.equal(condition(world, 'GitSynced')?.message, `Run ${run}: PushRefused: branch main is protected`);
  assert.deepEqual(
    world.events().filter((event) => event.startsWith('GitRefused')),
    [`GitRefused: Revert of run ${run}: PushRefused: branch main is protected`],
  );
  assert.deepEqual(
    world.messages.filter(({ topic }) => topic === 'git').map(({ to, text }) => [to, text]),
    [
      [
        'https://team.example.com/hook',
        'PushRefused: branch main is protected. A person has to put it right; the cluster is not affected.',
      ],
    ],
  );

  world.git.protection = undefined;
  bump(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 2), 60_000);
  await world.clock.until(synced(world), 10_000);
});

test('tells each outcome once to each receiver that wants it', async (t) => {
  const world = await takenOverFromGit(t);
  bump(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 60_000);
  bump(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 2), 60_000);
  await world.clock.advance(30_000);
  const told = world.messages.map(({ to, topic, run }) => `${to.slice(8, -17)} ${topic} ${run?.outcome ?? ''}`.trim());
  assert.deepEqual(told, [
    'team initialized',
    'team started',
    'team outcome Promoted',
    'team started',
    'team outcome RolledBack',
    'on-call outcome RolledBack',
  ]);
  assert.equal(new Set(world.messages.map(({ id }) => id)).size, told.length, 'each has an id of its own');
  assert.deepEqual(world.canary().outbox, []);
});

test('a revert whose branch has moved on is not forced: the newer push wins', async (t) => {
  const world = await takenOverFromGit(t);
  world.git.away = true;
  bump(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), 60_000);
  bump(world, 'podinfo:6.1.0');
  world.git.away = false;
  await world.clock.until(ended(world, 2), 120_000);
  await world.clock.advance(10_000);
  assert.equal(world.git.files[MANIFEST], deploymentYaml('podinfo:6.1.0'));
  assert.deepEqual(subjects(world), ['Record podinfo 6.1.0 as stable']);
  assert.ok(world.events().some((event) => event.startsWith('GitSuperseded: ')));
  assert.equal(condition(world, 'GitSynced')?.status, 'True');
});

test('without spec.git nothing is said of Git', async (t) => {
  const { git: _, ...spec } = Object(aGitCanary()['spec']);
  const world = await takenOverFromGit(t, { canary: { ...aGitCanary(), spec } });
  bump(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 60_000);
  await world.clock.advance(5000);
  assert.equal(condition(world, 'GitSynced'), undefined);
  assert.deepEqual(outcomesInGit(world), []);
  assert.equal(
    stringAt(deployment(world, 'podinfo'), 'spec', 'template', 'spec', 'containers', 0, 'image'),
    'podinfo:6.1.0',
  );
});

test('a controller that is stopped in time lets commits and messages end, and none is repeated', async (t) => {
  const world = await takenOverFromGit(t, { answerMs: 1500 });
  await world.clock.advance(3000);
  world.killControllers();
  const { controller } = world.startController();
  bump(world, 'podinfo:6.9.0-bad');
  await world.clock.until(() => world.messages.filter(({ topic }) => topic === 'outcome').length === 2, 60_000);
  assert.equal(world.canary().outbox.length, 3, 'two messages and a commit are under way');
  const stopped = controller.stop();
  await world.clock.advance(9000);
  await stopped;
  assert.deepEqual(world.canary().outbox, [], 'what was under way has been noted');

  world.startController();
  await world.clock.advance(10_000);
  assert.equal(subjects(world).length, 1);
  assert.equal(new Set(world.messages.map(({ id }) => id)).size, world.messages.length, 'nothing is told twice');
});
