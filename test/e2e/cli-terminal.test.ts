import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { aCluster, promoted } from '#test/cli/a-cluster.ts';
import { ownFolder, serin } from './serin-process.ts';
import { Tmux, withoutTmux } from './tmux.ts';

const widest = (lines: readonly string[]): number => Math.max(...lines.map((line) => [...line].length));

describe('in a real terminal', { concurrency: true, skip: withoutTmux() ?? false }, () => {
  for (const { columns, key, rc } of [
    { columns: 120, key: 'q', rc: 0 },
    { columns: 60, key: 'C-c', rc: 130 },
  ]) {
    test(`get canary -w fits ${columns} columns, and ${key} gives the screen back`, async (t) => {
      const cluster = await aCluster(t);
      const terminal = new Tmux(t, { columns, rows: 30 });
      terminal.run(serin('get', 'canary', 'podinfo', '-w', '--kubeconfig', cluster.kubeconfig));
      await terminal.until(/step 1\/2.*primary 2\/2/s);
      assert.deepEqual(terminal.state(), { alternate: true, cursor: false });
      assert.ok(widest(terminal.screen()) <= columns, terminal.screen().join('\n'));
      assert.ok(!terminal.screen().includes('before'));
      terminal.press(key);
      await terminal.until(new RegExp(`rc=${rc}\\n`));
      assert.deepEqual(terminal.state(), { alternate: false, cursor: true });
      assert.match(terminal.scrollback(), /^before\n.*step 1\/2.*primary 2\/2/ms);
    });
  }

  test('get canary -w draws anew in a window that has become narrower, and keeps the last frame', async (t) => {
    const cluster = await aCluster(t);
    const terminal = new Tmux(t, { columns: 120, rows: 30 });
    terminal.run(serin('get', 'canary', 'podinfo', '-w', '--kubeconfig', cluster.kubeconfig));
    await terminal.until(/step 1\/2.*AGE.*primary 2\/2/s);
    terminal.resize(60);
    await terminal.until(/NAME +KIND +STATUS +INFO\n/);
    assert.ok(widest(terminal.screen()) <= 60, terminal.screen().join('\n'));
    assert.equal(terminal.screen().filter((line) => line.startsWith('podinfo  shop')).length, 1);
    cluster.setStatus(promoted());
    await terminal.until(/rc=0\n/);
    assert.match(terminal.scrollback(), /Promoted after 20 s \(commit a1b2c3d\)/);
  });

  test('demo fits 60 columns, and Ctrl-C leaves nothing behind', async (t) => {
    const folder = await ownFolder(t);
    const terminal = new Tmux(t, { columns: 60, rows: 40 });
    terminal.run(['env', `TMPDIR=${folder}`, ...serin('demo')]);
    await terminal.until(/client +\d+ requests sent/);
    assert.deepEqual(terminal.state(), { alternate: true, cursor: false });
    assert.ok(widest(terminal.screen()) <= 60, terminal.screen().join('\n'));
    assert.equal((await readdir(folder)).length, 1);
    terminal.press('C-c');
    await terminal.until(/Interrupted\nrc=130\n/);
    assert.deepEqual(terminal.state(), { alternate: false, cursor: true });
    assert.deepEqual(await readdir(folder), []);
    assert.match(terminal.scrollback(), /^before\n.*client +\d+ requests sent/ms);
  });
});
