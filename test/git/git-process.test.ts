import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { GitError } from '#src/git/git-error.ts';
import { hostWords, runGit } from '#src/git/git-process.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';

/** A `git` that is a shell script, found first on the path. */
const fakeGit = async (t: TestContext, script: string) => {
  const home = await mkdtemp(join(tmpdir(), 'serin-fake-git-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  await mkdir(join(home, 'bin'));
  await writeFile(join(home, 'bin', 'git'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const clock = new VirtualClock();
  return { home, clock, settings: { clock, home, searchPath: `${home}/bin:/usr/bin:/bin` } };
};

const started = async (file: string): Promise<void> => {
  while ((await readFile(file, 'utf8').catch(() => '')) === '') await new Promise((resolve) => setImmediate(resolve));
};

test('nothing of the own environment reaches git', async (t) => {
  const { settings } = await fakeGit(t, 'env | sort');
  const { stdout } = await runGit({ settings, args: ['x'], env: { GIT_CONFIG_COUNT: '0' } });
  const names = stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0] ?? '');
  const allowed = /^(PATH|HOME|LC_ALL|TZ|PWD|OLDPWD|SHLVL|_|GIT_[A-Z_]+)$/;
  assert.deepEqual(
    names.filter((name) => !allowed.test(name)),
    [],
  );
  assert.match(stdout.toString(), /^GIT_ALLOW_PROTOCOL=https:ssh$/m);
});

test('what git says is redacted; a failure is an answer, not an error', async (t) => {
  const { settings } = await fakeGit(t, 'echo "bad marker-secret" >&2; exit 3');
  const answer = await runGit({ settings, args: ['x'], secrets: ['marker-secret'] });
  assert.deepEqual([answer.code, answer.stderr], [3, 'bad ***\n']);
});

test('after the time-out the whole group gets TERM, then KILL', async (t) => {
  const { home, clock, settings } = await fakeGit(
    t,
    `trap 'echo term >> $HOME/log' TERM\necho up > $HOME/up\nwhile :; do sleep 0.02; done`,
  );
  const running = runGit({ settings, args: ['fetch'], timeoutMs: 5000 });
  const ended = assert.rejects(running, (error) => {
    assert.ok(error instanceof GitError);
    assert.equal(error.kind, 'network');
    assert.equal(error.message, 'Cannot finish git fetch: no end after 5000 ms');
    return true;
  });
  await started(join(home, 'up'));
  await clock.advance(5000);
  await started(join(home, 'log'));
  await clock.advance(2000);
  await ended;
});

test('an abort ends it, and a program that is not there is said so', async (t) => {
  const { home, settings } = await fakeGit(t, 'echo up > $HOME/up; exec sleep 60');
  const stop = new AbortController();
  const ended = assert.rejects(
    runGit({ settings, args: ['push'], signal: stop.signal }),
    /Cannot finish git push: aborted/,
  );
  await started(join(home, 'up'));
  stop.abort();
  await ended;
  await assert.rejects(
    runGit({ settings: { ...settings, searchPath: '/nowhere' }, args: ['x'] }),
    /Cannot start git: want it in \/nowhere/,
  );
});

test('the words of a host are one short line', () => {
  assert.equal(hostWords('remote: no\x1b[31m\n\nTo http://x\nfatal: y\r\n'), 'remote: no [31m; fatal: y');
  assert.equal(hostWords('x'.repeat(500)).length, 300);
});
