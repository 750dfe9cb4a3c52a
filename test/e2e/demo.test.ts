import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { ownFolder, serin, startProcess } from './serin-process.ts';

/** A plain demo with a temporary folder of its own; `reads` resolves at the first line that matches. */
const aDemo = async (t: TestContext, environment: Readonly<Record<string, string>> = {}) => {
  const folder = await ownFolder(t);
  const { child, out, ended } = startProcess(t, serin('demo', '--plain'), { ...environment, TMPDIR: folder });
  const lines = createInterface({ input: out });
  const reads = (what: RegExp): Promise<void> =>
    new Promise((resolve) => lines.on('line', (line) => what.test(line) && resolve()));
  return { child, ended, reads, left: () => readdir(folder) };
};

// The whole story takes a minute: .ci/run tells it.
describe('demo', { concurrency: true }, () => {
  for (const [signal, when] of [
    ['SIGINT', /story {4}They commit one file, the Canary/],
    ['SIGTERM', /story {4}A team runs podinfo 6\.0\.0/],
  ] as const) {
    test(`${signal} in the middle of the story ends it with 130 and leaves nothing behind`, async (t) => {
      const { child, ended, reads, left } = await aDemo(t);
      await reads(when);
      assert.equal((await left()).length, 1);
      child.kill(signal);
      // As npm and bootstrap.mjs do, which pass on what the terminal has already sent.
      child.kill(signal);
      const { code, out, err } = await ended;
      assert.deepEqual([code, err], [130, 'Interrupted\n']);
      assert.match(out, when);
      assert.deepEqual(await left(), []);
    });
  }

  test('a signal while the stage is being set does the same', async (t) => {
    const { child, ended, left } = await aDemo(t);
    while ((await left()).length === 0) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGINT');
    assert.equal((await ended).code, 130);
    assert.deepEqual(await left(), []);
  });

  test('a story that cannot go on ends with 1, says where to look, and leaves nothing behind', async (t) => {
    const { ended, left } = await aDemo(t, { PATH: '/nowhere' });
    const { code, err } = await ended;
    assert.equal(code, 1);
    assert.match(err, /git/);
    assert.match(err, /\nSee what the controller did with: SERIN_LOG_LEVEL=debug serin demo --plain\n$/);
    assert.deepEqual(await left(), []);
  });
});
