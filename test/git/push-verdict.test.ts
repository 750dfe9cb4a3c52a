import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pushVerdict } from '#src/git/push-verdict.ts';

const verdict = (code: number, stdout: string, stderr = '') =>
  pushVerdict({ code, stdout: Buffer.from(stdout), stderr }, ['marker']);
const to = (flag: string, summary: string): string => `To https://h/r\n${flag}\ta:refs/heads/main\t${summary}\nDone\n`;

test('what git and the host said decides whether there was an answer at all', () => {
  assert.equal(verdict(0, to(' ', 'a..b')).state, 'ok');
  assert.equal(verdict(0, to('=', '[up to date]')).state, 'ok');
  for (const no of [
    '[rejected] (stale info)',
    '[remote rejected] (cannot lock ref)',
    '[remote rejected] (pre-receive hook declined)',
  ]) {
    assert.equal(verdict(1, to('!', no)).state, 'rejected', no);
  }
  assert.equal(verdict(1, to('!', '[remote failure] (remote failed to report status)')).state, 'unknown');
  assert.equal(verdict(128, '', 'fatal: the remote end hung up unexpectedly').state, 'unknown');
  assert.equal(verdict(128, '', 'fatal: unable to access: The requested URL returned error: 503').state, 'unknown');
  assert.equal(verdict(128, '', 'fatal: unable to access: The requested URL returned error: 403').state, 'rejected');
});

test('its words are one line without secrets', () => {
  const said = verdict(
    1,
    to('!', '[remote rejected] (no marker here)'),
    'remote: protected\nerror: failed to push some refs to x\n',
  );
  assert.deepEqual(said, { state: 'rejected', words: 'remote: protected; [remote rejected] (no *** here)' });
});
