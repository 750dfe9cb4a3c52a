import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositorySpec } from '#src/api/repository.ts';
import { credentialEnvironment, credentialOf, type SecretData } from '#src/git/credential.ts';
import { GitError } from '#src/git/git-error.ts';
import { repositoryAccess } from '#src/git/repository-access.ts';
import { parseRepositoryUrl } from '#src/git/repository-url.ts';
import { messageOf } from '#src/lib/message-of.ts';
import { redact } from '#src/lib/redact.ts';
import { gitRig } from './git-rig.ts';
import { recordOperation, revertOperation } from './operation.ts';

const PASSWORD = 'marker-p@ss/word';
const FORMS = [PASSWORD, encodeURIComponent(PASSWORD), Buffer.from(`serin:${PASSWORD}`).toString('base64')];
const clean = (text: string): void => {
  for (const form of FORMS) assert.ok(!text.includes(form), text);
};

/** Argument lists of running processes that name `mark`, where the system shows them. */
const commandLines = async (mark: string): Promise<string> => {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return texts
    .filter((text) => text.includes(mark))
    .join('\n')
    .replaceAll('\0', ' ');
};

test('a password is in no argument, file, error, result or commit', async (t) => {
  const login = { username: 'serin', password: PASSWORD };
  const { engine, access, folder, repository, server } = await gitRig(t, { login });
  let seen = '';
  server.onPush = async () => {
    seen += await commandLines(server.url('config'));
    seen += await commandLines(folder);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const inMirror = entry.isFile() && entry.parentPath.includes('/mirror-');
      // Git's lock files may be gone by now.
      if (inMirror) seen += await readFile(join(entry.parentPath, entry.name), 'latin1').catch(() => '');
    }
  };
  clean(JSON.stringify(await engine.commit(revertOperation(), access)));
  // The host repeats what it was given, as some proxies do.
  await repository.refusePushes(`denied for serin:${PASSWORD} (${FORMS[2]})`);
  const refused = await engine.commit(recordOperation(), access);
  assert.equal(refused.state, 'Refused');
  clean(JSON.stringify(refused));
  if (process.platform === 'linux') assert.match(seen, /git.* push --porcelain/);
  assert.match(seen, /partialclonefilter/);
  clean(seen);
  await server.stop();
  const error: unknown = await engine.commit(recordOperation(), access).catch((cause: unknown) => cause);
  assert.ok(error instanceof GitError);
  clean(`${messageOf(error)}${error.stack}`);
  clean(await repository.git(['log', '-p', 'main']));
});

test('redacts the encoded forms too', () => {
  clean(redact(`a ${FORMS.join(' b ')} c`, [PASSWORD, `serin:${PASSWORD}`]));
  assert.equal(redact('a secret b', ['secret']), 'a *** b');
});

const https = parseRepositoryUrl('https://git.example.com/shop/config.git');
const ssh = parseRepositoryUrl('git@git.example.com:shop/config.git');

test('HTTP credentials are a header for the one origin', async () => {
  const env = await credentialEnvironment(https, { credential: { kind: 'token', token: 'abc' }, folder: '/nowhere' });
  assert.deepEqual(env, {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.https://git.example.com/.extraHeader',
    GIT_CONFIG_VALUE_0: 'Authorization: Bearer abc',
  });
});

test('SSH checks the host against the Secret and nothing else', async (t) => {
  const { folder } = await gitRig(t);
  const credential = credentialOf(ssh, { identity: 'KEY', known_hosts: 'git.example.com ssh-ed25519 AAAA' });
  const env = await credentialEnvironment(ssh, { credential, folder });
  const command = env['GIT_SSH_COMMAND'] ?? '';
  for (const option of [
    '-F /dev/null',
    "'BatchMode=yes'",
    "'StrictHostKeyChecking=yes'",
    `'UserKnownHostsFile=${folder}/known_hosts'`,
    "'GlobalKnownHostsFile=/dev/null'",
    "'IdentitiesOnly=yes'",
  ]) {
    assert.ok(command.includes(option), `${option} is missing in ${command}`);
  }
  clean(command);
  assert.equal(await readFile(join(folder, 'identity'), 'utf8'), 'KEY\n');
});

const secrets: readonly [name: string, url: typeof https, secret: SecretData | undefined, words: RegExp][] = [
  ['SSH without known_hosts', ssh, { identity: PASSWORD }, /want the keys identity and known_hosts/],
  ['SSH without a Secret', ssh, undefined, /want the keys identity and known_hosts/],
  ['HTTPS with an empty Secret', https, { other: PASSWORD }, /want the keys username and password, or bearerToken/],
];
for (const [name, url, secret, words] of secrets) {
  test(`${name} is a configuration error without the secret`, () => {
    assert.throws(
      () => credentialOf(url, secret),
      (error) => {
        assert.ok(error instanceof GitError && error.kind === 'config');
        assert.match(error.message, words);
        clean(error.message);
        return true;
      },
    );
  });
}

test('a Repository that cannot be used says why, without its secrets', () => {
  const wrong: readonly [spec: object, secrets: object, words: RegExp][] = [
    [{ branch: 'a..b' }, {}, /branch "a\.\.b"/],
    [{ root: '../x' }, {}, /root "\.\.\/x"/],
    [{ commit: { template: '{{ nonsense }}' } }, {}, /commit\.template: it names "nonsense"/],
    [{}, { signing: { identity: PASSWORD } }, /it is no OpenSSH private key/],
    [{}, { signing: {} }, /lacks the key identity/],
    [{}, { transport: { bearerToken: 'x', proxy: PASSWORD } }, /key proxy/],
  ];
  for (const [spec, given, words] of wrong) {
    const parsed = repositorySpec.parse({ url: 'https://git.example.com/shop/config', ...spec });
    assert.throws(
      () => repositoryAccess(parsed, given),
      (error) => {
        assert.ok(error instanceof GitError && error.kind === 'config', String(error));
        assert.match(error.message, words);
        clean(error.message);
        return true;
      },
    );
  }
});
