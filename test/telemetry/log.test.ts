import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLog, type Log } from '#src/telemetry/log.ts';

/** What is written to a log of this level, line by line. */
const written = (t: TestContext, level: string, write: (log: Log) => void): readonly unknown[] => {
  const folder = mkdtempSync(join(tmpdir(), 'serin-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'log');
  const fd = openSync(file, 'w');
  write(createLog({ level, fd, now: () => Date.UTC(2026, 0, 1) }));
  closeSync(fd);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
};

test('writes a line at once, with the time that it is given', (t) => {
  const lines = written(t, 'info', (log) => log.child({ canary: 'shop/podinfo' }).info({ run: 'v2-1' }, 'transition'));
  assert.deepEqual(lines, [
    { level: 'info', time: '2026-01-01T00:00:00.000Z', canary: 'shop/podinfo', run: 'v2-1', msg: 'transition' },
  ]);
});

test('writes no more than the level asks for', (t) => {
  assert.equal(written(t, 'warn', (log) => log.info({}, 'transition')).length, 0);
  assert.equal(written(t, 'silent', (log) => log.error({}, 'lost')).length, 0);
});

test('never writes what stands under the name of a secret, down to two levels', (t) => {
  const secrets = { token: 's3cret', password: 's3cret', authorization: 's3cret', hmac: 's3cret', address: 's3cret' };
  const lines = written(t, 'info', (log) =>
    log.info({ ...secrets, receiver: secrets, of: { receiver: secrets }, name: 'team' }, 'told'),
  );
  assert.doesNotMatch(JSON.stringify(lines), /s3cret/);
  assert.match(JSON.stringify(lines), /"name":"team"/);
});
