import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { answering } from '#src/sandbox/faults/answering.ts';
import type { World } from '#test/harness/a-world.ts';
import { bump, takenOverFromGit } from '#test/harness/git-release.ts';
import { type Answers, after, hook, LIMIT, record, release, withHooks } from '#test/harness/hooked.ts';
import { keptLog } from '#test/harness/kept-log.ts';
import { lacking } from '#test/harness/lacking.ts';
import { ended } from '#test/harness/release.ts';

// What becomes known after a run's record was written, in the record itself.

const HOOKS = [hook('slow', 'post-rollout'), hook('broken', 'post-rollout')];
const answersIn = (world: () => World): Answers => ({
  slow: () => after(world(), 20_000),
  broken: { passed: false, detail: 'HTTP 500: no such channel' },
});

const status = (object: KubeObject | undefined) => recordAt(object, 'status');
const hooksIn = (told: unknown) =>
  listAt(told, 'hooks').map((one) => [stringAt(one, 'name'), at(one, 'passed'), stringAt(one, 'detail')]);

const BROKEN = ['broken', false, 'HTTP 500: no such channel'] as const;
const SLOW = ['slow', true, 'HTTP 200'] as const;

/** How often Serin has written the status of a record. */
const noted = ({ cluster }: World): number =>
  cluster.api.audit.count({ user: 'serin', resource: 'canaryruns.serin.dev/status' });

test('a hook that fails, and one that answers when the next run could begin, stand in the record of their run', async (t) => {
  const world: World = await withHooks(t, HOOKS, { answers: answersIn(() => world) });
  await release(world, 'podinfo:6.9.0-bad');
  await world.clock.advance(1_000);
  assert.deepEqual(hooksIn(status(record(world))), [BROKEN]);
  assert.equal(world.canary().run, undefined);

  await world.clock.advance(30_000);
  assert.deepEqual(hooksIn(status(record(world))), [BROKEN, SLOW]);
  const [run] = world.canary().history;
  assert.deepEqual(hooksIn(run), [BROKEN, SLOW]);
  assert.deepEqual(
    listAt(run, 'hooks').map((one) => [stringAt(one, 'type'), at(one, 'calls'), at(one, 'failures')]),
    [
      ['post-rollout', 1, 1],
      ['post-rollout', 1, undefined],
    ],
  );
  assert.equal(noted(world), 2);
  await world.clock.advance(600_000);
  assert.equal(noted(world), 2, 'what is told is not told again');
});

test('the commit of an outcome stands in its record, and stays there when the controller starts anew', async (t) => {
  const world = await takenOverFromGit(t);
  bump(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), LIMIT);
  await world.clock.advance(5_000);
  const { commit } = world.canary().history[0] ?? {};
  assert.ok(commit);
  assert.deepEqual(status(record(world)), { commit });
  const writes = noted(world);
  world.killControllers();
  world.startController();
  await world.clock.advance(120_000);
  assert.equal(noted(world), writes);
});

test('what a controller that died had not noted is noted by the next; a record that is deleted stays so', async (t) => {
  const world: World = await withHooks(t, HOOKS, { answers: answersIn(() => world) });
  let refuses = true;
  world.killControllers();
  const away = { status: 503, headers: {}, body: {} };
  world.startController({
    through: (transport) =>
      answering(transport, ({ method, path }) =>
        refuses && method === 'PUT' && path.includes('/canaryruns/') ? away : undefined,
      ),
  });
  await release(world);
  await world.clock.advance(2_000);
  assert.deepEqual(hooksIn(world.canary().history[0]), [BROKEN]);
  assert.deepEqual(status(record(world)), {});
  world.killControllers();
  refuses = false;
  world.startController();
  await world.clock.advance(2_000);
  assert.deepEqual(hooksIn(status(record(world))), [BROKEN]);

  const ref = record(world);
  assert.ok(ref);
  world.remove({ ...ref, namespace: 'shop', name: ref.metadata.name });
  await world.clock.advance(60_000);
  assert.deepEqual(hooksIn(world.canary().history[0]), [BROKEN, SLOW]);
  assert.equal(record(world), undefined);
});

test('without the right to note anything no run is held; with it everything is noted', async (t) => {
  const world: World = await withHooks(t, HOOKS, { answers: answersIn(() => world) });
  world.killControllers();
  let lacks = true;
  const { log, lines } = keptLog();
  const process = world.startController({
    log,
    through: lacking(({ resource }) => lacks && resource === 'canaryruns/status'),
  });
  await release(world);
  await world.clock.advance(60_000);
  await release(world, 'podinfo:6.2.0');
  await world.clock.advance(60_000);
  const { history, conditions, phase } = world.canary();
  assert.deepEqual([phase, history.map(({ outcome }) => outcome)], ['Succeeded', ['Promoted', 'Promoted']]);
  assert.deepEqual(
    conditions.filter((one) => one.type === 'Stalled').map((one) => one.status),
    ['False'],
  );
  assert.deepEqual(status(record(world)), {});
  assert.equal(process.controller.readiness().problems.length, 1);
  assert.equal(lines.filter(({ msg }) => msg === 'cluster problem').length, 1, 'told once');

  lacks = false;
  await world.clock.advance(30_000);
  assert.deepEqual(hooksIn(status(record(world))), [BROKEN, SLOW]);
  assert.deepEqual(process.controller.readiness().problems, []);
});
