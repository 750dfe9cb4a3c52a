// What the image holds, as far as it can be tried without an engine that builds images: the files that deploy/Dockerfile
// copies, over a stand-in for its base (glibc, Node and an account), run by chroot as the image's user.
import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#src/lib/clock.ts';
import { isRecord } from '#src/lib/json.ts';
import { BareRepository } from '#src/sandbox/git/bare-repository.ts';
import { GitServer } from '#src/sandbox/git/git-server.ts';
import { bundle } from '../../build.ts';
import { run } from './parts/run.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const NODE = '/nodejs/bin/node';
const LIBRARIES = ['libc6', 'libgcc-s1', 'libstdc++6'];

/** Why the image can't be tried here; undefined when it can. */
const missing = (): string | undefined => {
  if (process.getuid?.() !== 0) return 'chroot wants root';
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!release.includes('VERSION_CODENAME=bookworm')) return 'the image takes its files from Debian 12';
  const programs = ['/usr/bin/git', '/usr/bin/ssh', '/usr/bin/openssl'].filter((path) => !existsSync(path));
  return programs.length === 0 ? undefined : `${programs.join(', ')} is not installed`;
};

const put = (from: string, to: string): void => {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
};

/** What gcr.io/distroless/nodejs24-debian12:nonroot brings, of what is used. */
const makeBase = async (root: string): Promise<void> => {
  for (const name of LIBRARIES) {
    const files = (await run(['dpkg-query', '--listfiles', name])).split('\n');
    for (const file of files.filter((path) => /^\/(usr\/)?lib.*\.so(\.[\d.]+)?$/.test(path)))
      put(file, join(root, file));
  }
  const loader = '/lib64/ld-linux-x86-64.so.2';
  if (existsSync(loader)) put(loader, join(root, loader));
  put(process.execPath, join(root, NODE));
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'etc', 'passwd'), 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n');
  writeFileSync(join(root, 'etc', 'hosts'), '127.0.0.1 localhost git.test\n');
  mkdirSync(join(root, 'dev'));
  await run(['mknod', '-m', '666', join(root, 'dev', 'null'), 'c', '1', '3']);
  await run(['mknod', '-m', '666', join(root, 'dev', 'urandom'), 'c', '1', '9']);
  mkdirSync(join(root, 'tmp'), { mode: 0o1777 });
  chmodSync(join(root, 'tmp'), 0o1777);
};

describe('the image', { skip: missing() ?? false }, () => {
  let folder = '';
  let root = '';
  const inside = (argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> =>
    run([
      'env',
      '-i',
      'PATH=/usr/bin:/bin',
      ...pairs(environment),
      '/usr/sbin/chroot',
      '--userspec=65532:65532',
      root,
      ...argv,
    ]);
  const pairs = (environment: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries(environment).map(([name, value]) => `${name}=${value}`);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'serin-image-'));
    chmodSync(folder, 0o755);
    root = join(folder, 'root');
    mkdirSync(root);
    await makeBase(root);
    const copied = join(folder, 'git');
    await run(['sh', join(PROJECT, 'deploy', 'collect-git.sh'), copied]);
    await run(['cp', '-a', `${copied}/.`, root]);
    mkdirSync(join(root, 'serin'));
    await bundle(join(root, 'serin'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('no file of glibc is copied over that of the base', () => {
    const copied = readdirSync(join(folder, 'git'), { recursive: true, encoding: 'utf8' }).map((path) =>
      basename(path),
    );
    assert.ok(copied.includes('libcurl-gnutls.so.4'));
    assert.deepEqual(
      copied.filter((name) => /^(libc|libm|libresolv|libpthread|ld-linux.*)\.so/.test(name)),
      [],
    );
  });

  test('starts the program', async () => {
    const { version }: { readonly version: string } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
    assert.equal(await inside([NODE, '/serin/serin.mjs', '--version']), `${version}\n`);
  });

  test('clones, commits and pushes over HTTPS with an authority of its own', async (t) => {
    const settings = { clock: systemClock, searchPath: process.env['PATH'] ?? '', home: folder, allowInsecure: true };
    const repositories = join(folder, 'repositories');
    const bare = await BareRepository.create(settings, { parent: repositories, name: 'config' });
    const author = { name: 'A', email: 'a@example.com' };
    await bare.commitFiles({ files: { 'a.yaml': 'a: 1\n' }, message: 'One', author });
    const plain = await GitServer.start({ settings, folder: repositories });
    t.after(() => plain.stop());
    const [key, cert] = [join(folder, 'key.pem'), join(root, 'tmp', 'ca.crt')];
    const subject = ['-subj', '/CN=git.test', '-addext', 'subjectAltName=DNS:git.test', '-days', '1'];
    await run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject]);
    const secure = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (asked, answer) => {
      const { method, headers } = asked;
      const onwards = new URL(asked.url ?? '/', plain.url('config'));
      asked.pipe(
        request(onwards, { method, headers }, (came) => {
          answer.writeHead(came.statusCode ?? 500, came.headers);
          came.pipe(answer);
        }),
      );
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    t.after(() => secure.close());
    const address: unknown = secure.address();
    const url = `https://git.test:${isRecord(address) ? Number(address['port']) : 0}/config.git`;
    const environment = {
      HOME: '/tmp',
      GIT_SSL_CAINFO: '/tmp/ca.crt',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Serin',
      GIT_AUTHOR_EMAIL: 'serin@example.com',
      GIT_COMMITTER_NAME: 'Serin',
      GIT_COMMITTER_EMAIL: 'serin@example.com',
    };
    await inside(['git', 'clone', '--quiet', '--depth=1', '--bare', '--template=', url, '/tmp/mirror'], environment);
    const git = (...args: readonly string[]): Promise<string> =>
      inside(['git', '-C', '/tmp/mirror', ...args], environment);
    const commit = (await git('commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'Two')).trim();
    await git('push', '--quiet', url, `${commit}:refs/heads/main`);
    assert.equal(await bare.head(), commit);
  });

  test('reaches out over SSH, by way of the shell', async () => {
    const command = "ssh -F /dev/null -o 'BatchMode=yes' -o 'ConnectTimeout=5' -p 1";
    const environment = { GIT_SSH_COMMAND: command, GIT_SSH_VARIANT: 'ssh', HOME: '/tmp' };
    await assert.rejects(
      inside(['git', 'ls-remote', 'ssh://git@127.0.0.1/config.git'], environment),
      /ssh: connect to host 127\.0\.0\.1 port 1: Connection refused/,
    );
  });
});
