import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GitError } from '#src/git/git-error.ts';
import { commitsOf, DEVELOPER, gitRig } from './git-rig.ts';
import { revertOperation } from './operation.ts';

const operation = revertOperation();

test('the answer to a push is lost: no second commit', async (t) => {
  const { engine, access, repository, server } = await gitRig(t);
  server.fail('dropAfter');
  assert.deepEqual(await engine.commit(operation, access), { state: 'Pushed', commit: await repository.head() });
  assert.equal(await commitsOf(repository, operation.id), 1);
});

for (const fault of ['dropBefore', 'unavailable'] as const) {
  test(`a push that never arrived (${fault}) is no refusal: it is sent again`, async (t) => {
    const { engine, access, repository, server } = await gitRig(t);
    server.fail(fault);
    assert.equal((await engine.commit(operation, access)).state, 'Pushed');
    assert.equal(await commitsOf(repository, operation.id), 1);
  });
}

test('a host that stays away is an error to come back from, and later all is well', async (t) => {
  const { engine, access, repository, server } = await gitRig(t);
  server.fail('unavailable', 'unavailable', 'unavailable');
  await assert.rejects(
    engine.commit(operation, access),
    (error) => error instanceof GitError && error.kind === 'network',
  );
  assert.equal((await engine.commit(operation, access)).state, 'Pushed');
  assert.equal(await commitsOf(repository, operation.id), 1);
});

test('a declined push is not tried again and tells the words of the host', async (t) => {
  const { engine, access, repository, server } = await gitRig(t);
  await repository.refusePushes('branch main is protected');
  const result = await engine.commit(operation, access);
  assert.equal(result.state, 'Refused');
  assert.equal(result.state === 'Refused' ? result.reason : '', 'PushRefused');
  assert.match(result.state === 'Refused' ? result.detail : '', /branch main is protected/);
  assert.equal(server.requests.filter((line) => line.startsWith('POST') && line.endsWith('receive-pack')).length, 1);
});

test('a moved tip is a race: the edit is made again on the new tip', async (t) => {
  const { engine, access, repository, server } = await gitRig(t);
  let moved = false;
  server.onPush = async (moment) => {
    if (moment === 'after' || moved) return;
    moved = true;
    await repository.commitFiles({ files: { 'other.txt': 'newer\n' }, message: 'Meanwhile', author: DEVELOPER });
  };
  const result = await engine.commit(operation, access);
  assert.equal(result.state, 'Pushed');
  assert.equal(
    await repository.log('%s'),
    `Revert podinfo to 6.7.0: request-success-rate 48.2 % is below 99 %
Meanwhile
Release podinfo 6.8.0
`,
  );
});

test('a wrong password is an error of kind auth', async (t) => {
  const { engine, access } = await gitRig(t, { login: { username: 'serin', password: 'right-password' } });
  const wrong = { ...access, credential: { kind: 'password', username: 'serin', password: 'wrong-password' } } as const;
  await assert.rejects(engine.commit(operation, wrong), (error) => {
    assert.ok(error instanceof GitError);
    assert.equal(error.kind, 'auth');
    assert.doesNotMatch(error.message, /wrong-password/);
    return true;
  });
  assert.equal((await engine.commit(operation, access)).state, 'Pushed');
});

test('an aborted commit ends, and does not stand in the way of the next', async (t) => {
  const { engine, access, repository, server } = await gitRig(t);
  const stop = new AbortController();
  server.onPush = (moment) => (moment === 'before' ? stop.abort() : undefined);
  await assert.rejects(engine.commit(operation, access, stop.signal), GitError);
  server.onPush = () => {};
  assert.equal((await engine.commit(operation, access)).state, 'Pushed');
  assert.equal(await commitsOf(repository, operation.id), 1);
});

for (const moment of ['before', 'after'] as const) {
  test(`a controller killed ${moment} its push was taken: one commit`, async (t) => {
    const { engine, access, folder, repository, server } = await gitRig(t);
    const script = fileURLToPath(new URL('crash-child.ts', import.meta.url));
    const child = spawn(process.execPath, [script, server.url('config'), folder], { stdio: 'ignore' });
    const killed = once(child, 'exit');
    server.onPush = async (at) => {
      if (at !== moment) return;
      child.kill('SIGKILL');
      await killed;
      server.onPush = () => {};
    };
    const [, signal] = await killed;
    assert.equal(signal, 'SIGKILL');
    const result = await engine.commit(operation, access);
    assert.equal(result.state, 'Pushed');
    assert.equal(await commitsOf(repository, operation.id), 1);
  });
}
