import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEVELOPER, gitRig } from './git-rig.ts';
import { anInspection, DEPLOYMENT, revertOperation } from './operation.ts';

const MANIFEST = 'apps/podinfo/deployment.yaml';

test('reads the newest commit, and one fetch answers all who asked before it', async (t) => {
  const { engine, access, repository, server } = await gitRig(t);
  const fetches = (): number =>
    server.requests.filter((line) => line.includes('info/refs') && line.includes('upload-pack')).length;
  const ask = () => Promise.all(Array.from({ length: 20 }, () => engine.inspect(anInspection(), access)));
  assert.deepEqual((await ask()).flat(), []);
  const first = fetches();
  assert.ok(first <= 2, `${first} fetches`);
  await repository.commitFiles({ files: { [MANIFEST]: null }, message: 'Drop it', author: DEVELOPER });
  assert.equal((await ask()).flat().length, 20);
  assert.ok(fetches() - first <= 2, `${fetches() - first} fetches`);
});

test('writes nothing, and leaves a commit all that it needs', async (t) => {
  const { engine, access, repository, server } = await gitRig(t);
  const before = await repository.head();
  assert.deepEqual(await engine.inspect(anInspection(), access), []);
  assert.equal(await repository.head(), before);
  assert.ok(!server.requests.some((line) => line.includes('receive-pack')));
  assert.equal((await engine.commit(revertOperation(), access)).state, 'Pushed');
});

test('a wrong password names the Repository and the keys wanted, never the password', async (t) => {
  const { engine, access } = await gitRig(t, { login: { username: 'serin', password: 'right-password' } });
  const wrong = { ...access, credential: { kind: 'password', username: 'serin', password: 'wrong-password' } } as const;
  const [problem, ...others] = await engine.inspect(anInspection(), wrong);
  assert.deepEqual([problem?.where, problem?.reason, others.length], ['Repository shop/config', 'GitRefused', 0]);
  assert.match(
    problem?.message ?? '',
    /^Cannot log in to http:.*; want a Secret in spec\.secretRef whose keys username and password, or bearerToken may read and push$/,
  );
  assert.doesNotMatch(problem?.message ?? '', /wrong-password/);
});

test('a repository that is not there is a problem; a host that is gone is an error to come back from', async (t) => {
  const { engine, accessWith, server } = await gitRig(t);
  const elsewhere = accessWith({ url: server.url('other') });
  const [problem] = await engine.inspect(anInspection(), elsewhere);
  assert.match(problem?.message ?? '', /^Cannot reach http:.*other\.git.*want the url of a repository/);
  const gone = accessWith({ url: 'http://127.0.0.1:9/config.git' });
  await assert.rejects(engine.inspect(anInspection(), gone), { name: 'GitError', kind: 'network' });
});

test('an aborted inspection ends, and does not stand in the way of a commit', async (t) => {
  const { engine, access } = await gitRig(t, { files: { [MANIFEST]: DEPLOYMENT } });
  const stop = new AbortController();
  stop.abort();
  await assert.rejects(engine.inspect(anInspection(), access, stop.signal), { name: 'GitError', kind: 'network' });
  assert.equal((await engine.commit(revertOperation(), access)).state, 'Pushed');
});
