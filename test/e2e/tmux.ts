import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';

/** Why there is no tmux here; undefined when there is. */
export const withoutTmux = (): string | undefined => {
  const { status, error } = spawnSync('tmux', ['-V']);
  return status === 0 ? undefined : `tmux is missing (${error?.message ?? `it ended with ${status}`})`;
};

const LOOK_MS = 50;
const PATIENCE_MS = 20_000;

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** A real terminal with a shell in it, on a server of its own that ends with the test. */
export class Tmux {
  readonly #socket = `serin-${randomUUID()}`;

  constructor(t: TestContext, window: { readonly columns: number; readonly rows: number }) {
    t.after(() => void spawnSync('tmux', ['-L', this.#socket, 'kill-server']));
    const size = ['-x', String(window.columns), '-y', String(window.rows)];
    this.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, "env PS1='> ' ENV= NO_COLOR= sh");
  }

  /** Types a command and Enter; the shell then tells its exit code as `rc=0`. */
  run(command: readonly string[]): void {
    this.#tmux('send-keys', '-l', `clear; echo before; ${command.map(quoted).join(' ')}; echo "rc=$?"`);
    this.#tmux('send-keys', 'Enter');
  }

  press(key: string): void {
    this.#tmux('send-keys', key);
  }

  resize(columns: number): void {
    this.#tmux('resize-window', '-x', String(columns));
  }

  /** What the window shows; a line that did not fit into it is one longer line here. */
  screen(): readonly string[] {
    return this.#tmux('capture-pane', '-p', '-J')
      .split('\n')
      .map((line) => line.trimEnd());
  }

  /** What can be scrolled to, the window included. */
  scrollback(): string {
    return this.#tmux('capture-pane', '-p', '-S', '-');
  }

  /** Whether the alternate screen is on, and the cursor visible. */
  state(): { readonly alternate: boolean; readonly cursor: boolean } {
    const [alternate, cursor] = this.#tmux('display-message', '-p', '#{alternate_on} #{cursor_flag}').trim().split(' ');
    return { alternate: alternate === '1', cursor: cursor === '1' };
  }

  /** Resolves when the window shows it; fails with what it shows instead. */
  async until(what: RegExp): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!what.test(this.screen().join('\n'))) {
      if (performance.now() > deadline) assert.fail(`no ${what} in:\n${this.screen().join('\n')}`);
      await setTimeout(LOOK_MS);
    }
  }

  #tmux(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('tmux', ['-L', this.#socket, ...args], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout;
  }
}
