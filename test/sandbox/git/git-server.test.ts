import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runGit } from '#src/git/git-process.ts';
import { DEVELOPER, gitRig } from '../../git/git-rig.ts';

test('serves clone and push to git itself, only to who logs in', async (t) => {
  const login = { username: 'dana', password: 'p-w' };
  const { folder, server, settings, repository } = await gitRig(t, { login });
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => runGit({ settings, args, env });
  const stranger = await run(['clone', '-q', server.url('config'), `${folder}/stranger`]);
  assert.notEqual(stranger.code, 0);
  const url = server.url('config').replace('//', `//${login.username}:${login.password}@`);
  assert.equal((await run(['clone', '-q', url, `${folder}/clone`])).code, 0);
  const identity = ['-c', 'user.name=Dana', '-c', 'user.email=dana@example.com', '-C', `${folder}/clone`];
  assert.equal((await run([...identity, 'commit', '-q', '--allow-empty', '-m', 'By hand'])).code, 0);
  assert.equal((await run([...identity, 'push', '-q', 'origin', 'HEAD:main'])).code, 0);
  assert.equal(await repository.log('%s'), 'By hand\nRelease podinfo 6.8.0\n');
});

test('commits files, removals and modes without a work tree', async (t) => {
  const { repository } = await gitRig(t);
  const commit = await repository.commitFiles({
    files: { 'README.md': null, 'a "b"/c.yaml': 'x: 1\n', run: '#!/bin/sh\n' },
    modes: { run: '100755' },
    message: 'Change\n\nBody',
    author: DEVELOPER,
  });
  assert.equal(await repository.head(), commit);
  const files = await repository.readFiles(commit, '');
  assert.deepEqual([...files.keys()].sort(), ['a "b"/c.yaml', 'apps/podinfo/deployment.yaml', 'run']);
  assert.match(await repository.show(commit), /Author: Dana <dana@example\.com>[\s\S]*Body[\s\S]*new file mode 100755/);
  assert.equal(await repository.head('nowhere'), undefined);
});
