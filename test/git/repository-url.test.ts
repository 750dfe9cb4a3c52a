import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GitError } from '#src/git/git-error.ts';
import { isBranchName, joinPath, resolvePath } from '#src/git/git-path.ts';
import { Refusal } from '#src/git/refusal.ts';
import { parseRepositoryUrl } from '#src/git/repository-url.ts';

test('takes https, ssh and the scp form', () => {
  const of = (text: string) => {
    const { scheme, host, origin, path } = parseRepositoryUrl(text);
    return [scheme, host, origin, path];
  };
  assert.deepEqual(of('https://git.example.com/shop/config.git'), [
    'https',
    'git.example.com',
    'https://git.example.com',
    'shop/config',
  ]);
  assert.deepEqual(of('https://git.example.com:8443/a/b/'), [
    'https',
    'git.example.com',
    'https://git.example.com:8443',
    'a/b',
  ]);
  assert.deepEqual(of('ssh://git@git.example.com:2222/shop/config'), [
    'ssh',
    'git.example.com',
    'ssh://git.example.com:2222',
    'shop/config',
  ]);
  assert.deepEqual(of('git@git.example.com:shop/config.git'), [
    'ssh',
    'git.example.com',
    'ssh://git.example.com',
    'shop/config',
  ]);
});

const WRONG = [
  'ext::sh -c id',
  'file:///etc',
  'http://git.example.com/a/b',
  'git://git.example.com/a/b',
  '--upload-pack=id',
  'https://user:pass@git.example.com/a/b',
  'https://token@git.example.com/a/b',
  'ssh://-oProxyCommand=id/a/b',
  'ssh://git:pass@git.example.com/a/b',
  'https://git.example.com/a b',
  'https://git.example.com/a\nb',
  'https://git.example.com/?a=b',
  'https://git.example.com',
  'https://169.254.169.254/latest',
  'https://localhost/a/b',
  'https://127.1/a/b',
  'https://[::1]/a/b',
  'https://[::ffff:127.0.0.1]/a/b',
  'ssh://git@127.1/a/b',
  'git@2130706433:a/b',
  'https://metadata.google.internal/a/b',
  'https://100.100.100.200/a/b',
  'https://git.example.com/.git',
  'config.git',
];
for (const text of WRONG) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseRepositoryUrl(text),
      (error) => error instanceof GitError && error.kind === 'config' && !/pass|token@/.test(error.message),
    );
  });
}

test('http and file are for tests only', () => {
  assert.equal(parseRepositoryUrl('http://127.0.0.1:80/x.git', { allowInsecure: true }).path, 'x');
  assert.equal(parseRepositoryUrl('file:///tmp/x.git', { allowInsecure: true }).scheme, 'file');
});

test('paths stay inside', () => {
  assert.equal(joinPath('clusters', './eu-1/', 'apps//x'), 'clusters/eu-1/apps/x');
  for (const path of ['..', 'a/../b', '/etc', '.git/config', 'a/.GIT', 'a\\b', 'a\0b']) {
    assert.throws(
      () => joinPath('root', path),
      (error) => error instanceof Refusal && error.reason === 'InvalidPath',
      path,
    );
  }
  assert.equal(resolvePath('apps/a', '../base', ''), 'apps/base');
  assert.equal(resolvePath('apps/a', '../../base', 'apps'), undefined);
  assert.equal(resolvePath('apps', '../../../etc', ''), undefined);
});

test('branch names as git check-ref-format has them', () => {
  for (const good of ['main', 'release/1.x', 'a-b_c', 'ümlaut']) assert.ok(isBranchName(good), good);
  const bad = [
    '',
    '-x',
    '/a',
    'a/',
    'a..b',
    'a b',
    'a~1',
    'a^',
    'a:b',
    'a?',
    '*',
    'a[',
    'a\\b',
    '@',
    'a@{1}',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a//b',
    'a.',
  ];
  for (const name of bad) assert.ok(!isBranchName(name), name);
});
