import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositorySpec } from '#src/api/repository.ts';
import { repositoryAccess } from '#src/git/repository-access.ts';
import { publicKeyText } from '#src/git/ssh-signature.ts';
import { DEVELOPER, gitRig } from './git-rig.ts';
import { BAD, DEPLOYMENT, GOOD, recordOperation, revertOperation } from './operation.ts';
import { SIGNING_IDENTITY } from './signing-identity.ts';

const MANIFEST = 'apps/podinfo/deployment.yaml';

test('objects are sound, modes stay, and no other file changes', async (t) => {
  const { engine, access, repository } = await gitRig(t);
  await repository.commitFiles({
    files: {
      'bin/run.sh': '#!/bin/sh\n',
      [MANIFEST]: DEPLOYMENT,
      'apps/podinfo.yaml': 'a: 1\n',
      'apps/é ü/x': '1',
      link: 'bin/run.sh',
    },
    modes: { 'bin/run.sh': '100755', [MANIFEST]: '100755', link: '120000' },
    message: 'Add files',
    author: DEVELOPER,
  });
  assert.equal((await engine.commit(revertOperation(), access)).state, 'Pushed');
  await repository.git(['fsck', '--strict', '--no-dangling']);
  const changes = await repository.git(['diff', '--raw', '--no-abbrev', 'main~1', 'main']);
  const lines = changes
    .trim()
    .split('\n')
    .map((line) => line.replace(/[0-9a-f]{40}/g, '·'));
  assert.deepEqual(lines, [':000000 100644 · · A\t.serin/eu-1/shop/podinfo', `:100755 100755 · · M\t${MANIFEST}`]);
});

test('the same operation on the same base is the same commit', async (t) => {
  const first = await gitRig(t);
  const result = await first.engine.commit(revertOperation(), first.access);
  const commit = result.state === 'Pushed' ? result.commit : '';
  await first.repository.git(['update-ref', 'refs/heads/main', `${commit}~1`]);
  assert.deepEqual(await first.secondEngine().commit(revertOperation(), first.access), { state: 'Pushed', commit });
});

test('a CRLF file with .gitattributes changes in its one line only', async (t) => {
  const crlf = DEPLOYMENT.replaceAll('\n', '\r\n');
  const { engine, access, repository } = await gitRig(t, {
    files: { [MANIFEST]: crlf, '.gitattributes': '*.yaml text\n' },
  });
  assert.equal((await engine.commit(revertOperation(), access)).state, 'Pushed');
  assert.equal(await repository.git(['cat-file', 'blob', `main:${MANIFEST}`]), crlf.replace(BAD, GOOD));
});

for (const [what, mode, content] of [
  ['symlink', '120000', '../../secret'],
  ['submodule', '160000', 'a'.repeat(40)],
] as const) {
  test(`a ${what} on the path is refused`, async (t) => {
    const { engine, access, repository } = await gitRig(t, { files: { 'README.md': 'x' } });
    await repository.commitFiles({
      files: { apps: content },
      modes: { apps: mode },
      message: 'Add',
      author: DEVELOPER,
    });
    const result = await engine.commit(revertOperation(), access);
    assert.equal(result.state === 'Refused' ? result.reason : result.state, 'InvalidPath');
    assert.match(result.state === 'Refused' ? result.detail : '', new RegExp(`apps.* is a ${what}`));
  });
}

test('a record is not written through a symlink', async (t) => {
  const { engine, access, repository } = await gitRig(t);
  await repository.commitFiles({
    files: { '.serin': 'apps' },
    modes: { '.serin': '120000' },
    message: 'Link',
    author: DEVELOPER,
  });
  const result = await engine.commit(recordOperation(), access);
  assert.equal(result.state === 'Refused' ? result.reason : result.state, 'InvalidPath');
});

test('a blob too large to be edited is never fetched', async (t) => {
  const { engine, access, repository } = await gitRig(t);
  const large = `${DEPLOYMENT}# ${'x'.repeat(1024 * 1024)}\n`;
  await repository.commitFiles({ files: { [MANIFEST]: large }, message: 'Grow', author: DEVELOPER });
  const result = await engine.commit(revertOperation(), access);
  assert.match(result.state === 'Refused' ? result.detail : '', /deployment\.yaml is larger than 1 MB/);
});

test('commits are signed so that git itself calls them good', async (t) => {
  const { engine, server, repository } = await gitRig(t);
  const spec = repositorySpec.parse({ url: server.url('config'), author: { email: 'serin@example.com' } });
  const access = repositoryAccess(spec, { signing: { identity: SIGNING_IDENTITY } }, { allowInsecure: true });
  assert.ok(access.signingKey);
  assert.equal((await engine.commit(revertOperation(), access)).state, 'Pushed');
  await repository.git(['fsck', '--strict', '--no-dangling']);
  const folder = await mkdtemp(join(tmpdir(), 'serin-signers-'));
  t.after(() => rm(folder, { recursive: true }));
  const signers = join(folder, 'allowed_signers');
  await writeFile(signers, `serin@example.com ${publicKeyText(access.signingKey)}\n`);
  await repository.git(['config', 'gpg.ssh.allowedSignersFile', signers]);
  const verdict = await repository.git(['log', '-1', '--format=%G? %GS', 'main']).catch(String);
  // Git asks ssh-keygen; without it the signature's format is held by ssh-signature.test.ts alone.
  if (verdict.startsWith('N') || verdict.includes('ssh-keygen')) t.diagnostic('skipped: no ssh-keygen on this machine');
  else assert.equal(verdict, 'G serin@example.com\n');
});
