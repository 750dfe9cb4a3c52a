import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositorySpec } from '#src/api/repository.ts';
import { GitEngine } from '#src/git/engine.ts';
import { repositoryAccess } from '#src/git/repository-access.ts';
import { systemClock } from '#src/lib/clock.ts';
import { commitsOf, gitRig } from './git-rig.ts';
import { revertOperation } from './operation.ts';

test('writes over ssh with the key and the hosts of the Secret, without their content in an argument', async (t) => {
  const { folder, repository } = await gitRig(t);
  // Stands for ssh and the host behind it: notes its arguments and files, then runs git's side of the connection here.
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const script = `#!/bin/sh
echo "$@" >> '${folder}/arguments'
while [ "$#" -gt 2 ]; do [ "$1" = -i ] && cp "$2" '${folder}/identity-seen' && stat -c %a "$2" > '${folder}/mode'; shift; done
exec sh -c "$2"
`;
  await writeFile(join(bin, 'ssh'), script, { mode: 0o755 });
  const spec = repositorySpec.parse({ url: `ssh://git@git.example.com:2222${repository.folder}` });
  const transport = { identity: 'marker-private-key', known_hosts: 'marker-known-host' };
  const searchPath = `${bin}:/usr/local/bin:/usr/bin:/bin`;
  const engine = new GitEngine({ clock: systemClock, random: () => 0.5, folder, searchPath });
  t.after(() => engine.close());

  const operation = revertOperation();
  assert.equal((await engine.commit(operation, repositoryAccess(spec, { transport }))).state, 'Pushed');
  assert.equal(await commitsOf(repository, operation.id), 1);
  const seen = await readFile(join(folder, 'arguments'), 'utf8');
  assert.match(
    seen,
    /^-F \/dev\/null -i \S+\/identity -o BatchMode=yes -o StrictHostKeyChecking=yes .* -p 2222 git@git\.example\.com git-upload-pack '/,
  );
  assert.match(seen, /git-receive-pack/);
  assert.doesNotMatch(seen, /marker/);
  assert.equal(await readFile(join(folder, 'identity-seen'), 'utf8'), 'marker-private-key\n');
  assert.equal(await readFile(join(folder, 'mode'), 'utf8'), '600\n');
});
