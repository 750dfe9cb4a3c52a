import type { Cancel, Clock } from '../../lib/clock.ts';

/** What a live screen draws on: standard output, or a recorder in tests. */
export type Terminal = {
  readonly write: (text: string) => void;
  readonly rows: () => number;
};

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[2J';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const REDRAW_MS = 200;

/**
 * Frames on the alternate screen: redraws at most every 200 ms, rewrites only lines that changed, and gives the
 * terminal back as it was. `close` leaves the last frame in the scrollback.
 */
export class LiveScreen {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  #shown: readonly string[] = [];
  #next: readonly string[] | undefined;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #timer: Cancel | undefined;
  #open = false;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
  }

  /** Shows `lines`, now or as soon as the pace allows. */
  draw(lines: readonly string[]): void {
    this.#next = lines;
    const wait = this.#drawnAt + REDRAW_MS - this.#clock.monotonic();
    if (wait <= 0) this.#flush();
    else this.#timer ??= this.#clock.after(wait, () => this.#flush());
  }

  /** Gives the terminal back; the last frame stays in the scrollback. */
  close(): void {
    if (!this.#open) return;
    this.#timer?.();
    const last = this.#next ?? this.#shown;
    this.#terminal.write(`${LEAVE}${last.join('\n')}\n`);
    this.#open = false;
  }

  #flush(): void {
    this.#timer?.();
    this.#timer = undefined;
    if (this.#next === undefined) return;
    if (!this.#open) {
      this.#terminal.write(ENTER);
      this.#open = true;
    }
    const lines = this.#next.slice(0, this.#terminal.rows());
    this.#next = undefined;
    let text = '';
    for (let index = 0; index < Math.max(lines.length, this.#shown.length); index++) {
      if (lines[index] === this.#shown[index]) continue;
      text += `\u001b[${index + 1};1H${lines[index] ?? ''}\u001b[K`;
    }
    if (text !== '') this.#terminal.write(text);
    this.#shown = lines;
    this.#drawnAt = this.#clock.monotonic();
  }
}
