import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { runSerin } from './run-serin.ts';

/** What bash offers after `line`, whose last word is the one to complete. */
const offered = async (line: string): Promise<readonly string[]> => {
  const { out } = await runSerin(['completion', 'bash']);
  const words = line.split(' ');
  const script = `${out}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_serin; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout.split('\n').filter((word) => word !== '');
};

test('bash completes commands, and the flags of each', async (t) => {
  if (spawnSync('bash', ['-c', 'complete']).status !== 0) return t.skip('bash is missing, or built without completion');
  assert.deepEqual(await offered('serin '), [
    ...['controller', 'demo', 'get', 'history', 'abort', 'promote', 'approve', 'reject', 'pause', 'resume', 'retry'],
    ...['unquarantine', 'completion', '--version', '--help'],
  ]);
  assert.deepEqual(await offered('serin de'), ['demo']);
  assert.deepEqual(await offered('serin get '), ['canary', 'canaries', '--help']);
  assert.deepEqual(await offered('serin promote podinfo --f'), ['--full']);
  assert.deepEqual(await offered('serin get canary podinfo --w'), ['--watch']);
  assert.deepEqual(await offered('serin get canary demo --p'), []);
  assert.deepEqual(await offered('serin demo --pl'), ['--plain']);
});

test('zsh takes the same script', async () => {
  const [bash, zsh] = [await runSerin(['completion', 'bash']), await runSerin(['completion', 'zsh'])];
  assert.equal(zsh.out, `autoload -U +X bashcompinit && bashcompinit\n${bash.out}`);
});

test('fish gets one line per command and flag', async () => {
  const { code, out } = await runSerin(['completion', 'fish']);
  assert.equal(code, 0);
  const lines = out.trimEnd().split('\n');
  assert.ok(
    lines.includes(
      "complete -c serin -n '__fish_seen_subcommand_from get; and not __fish_seen_subcommand_from canary canaries' -f -a canary -d 'show one Canary with its run, what it waits for, its pods that are not ready, and what comes next'",
    ),
  );
  assert.ok(
    lines.some((line) => /^complete -c serin -n 'not __fish_seen_subcommand_from .*' -f -a demo -d /.test(line)),
  );
  assert.ok(lines.some((line) => line.includes(" -l watch -d '")));
});
