import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { serveHttp } from '#src/sandbox/api/http-server.ts';
import { kubeconfig } from '#src/sandbox/api/kubeconfig.ts';
import type { World } from '#test/harness/a-world.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { ended, push, takenOver } from '#test/harness/release.ts';
import { type Ran, runSerin } from './run-serin.ts';

// The commands against the controller itself: the cluster of the sandbox in virtual time, reached over HTTP.

/** podinfo 6.1.0 is at its first step, and a way to run commands there as Alice while the world goes on. */
const releasing = async (t: TestContext) => {
  const world = await takenOver(t, aCanary(), { rps: 10 });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  const server = await serveHttp(world.cluster.api, { tokens: { token: 'alice@example.com' } });
  const folder = await mkdtemp(join(tmpdir(), 'serin-test-'));
  t.after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  const path = join(folder, 'kubeconfig');
  await writeFile(path, kubeconfig(server.url, 'token'));
  const serin = (...argv: readonly string[]): Promise<Ran> =>
    goingOn(world, runSerin([...argv, '-n', 'shop', '--kubeconfig', path]));
  return { world, serin };
};

/** What comes of `work`, while time passes in the world. */
const goingOn = async <T>(world: World, work: Promise<T>): Promise<T> => {
  let isOver = false;
  void work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await world.clock.advance(10);
    await setImmediate();
  }
  return work;
};

test('a run is paused, shown, resumed and aborted by commands, and the history says so', async (t) => {
  const { world, serin } = await releasing(t);
  const id = world.canary().run?.id;
  assert.deepEqual(await serin('pause', 'podinfo', '--reason', 'lunch'), {
    code: 0,
    out: `Run ${id} is paused at 10 % by alice@example.com: lunch\n`,
    err: '',
  });
  const shown = await serin('get', 'canary', 'podinfo');
  assert.match(shown.out, /\npaused {3}॥ by alice@example\.com since \S+: lunch\n/);
  assert.match(
    shown.out,
    /\nnext {5}paused until somebody resumes it; rollback if the checks fail\n {9}serin resume podinfo\n/,
  );
  assert.match((await serin('get', 'canaries')).out, /\npodinfo {2}॥ Paused +1\/2 +10 +True +- /);
  assert.equal((await serin('resume', 'podinfo')).out, `Run ${id} goes on at 10 %\n`);
  const abort = await serin('abort', 'podinfo', '--reason', 'wrong settings', '--yes');
  assert.equal(
    abort.out,
    `Run ${id} is aborted by alice@example.com: wrong settings; podinfo-primary gets all traffic\n`,
  );
  assert.equal(world.canary().canaryWeight, 0);
  await world.clock.until(ended(world, 1), 60_000);
  const history = await serin('history', 'podinfo', '-o', 'wide');
  assert.match(
    history.out,
    /✖ Aborted {2}OperatorAbort .* canary +alice@example\.com {2}Aborted at 10 % after .*wrong settings/,
  );
  const run = await serin('history', 'podinfo', '--run', '1');
  assert.match(
    run.out,
    /\nactions {3}pause by alice@example\.com at .*\n +resume by .*\n +abort by .*: wrong settings\n/,
  );
  const again = await serin('retry', 'podinfo');
  assert.match(again.out, /^Revision \S+ is run again\n$/);
  await world.clock.until(() => world.canary().run !== undefined, 60_000);
});

test('what has changed in between is refused by the controller, and told', async (t) => {
  const { world, serin } = await releasing(t);
  const id = world.canary().run?.id;
  push(world, 'podinfo:6.2.0');
  await world.clock.until(() => world.canary().run?.id !== id && world.canary().run?.stage === 'shifting', 60_000);
  const { code, err } = await serin('promote', 'podinfo', '--full', '--run', id ?? '', '--yes');
  assert.deepEqual([code, err], [1, `Cannot promote podinfo: run ${id} is over: Superseded\n`]);
});
