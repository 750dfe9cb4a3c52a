import type { Cancel, Clock } from '../../lib/clock.ts';

/** What a live screen draws on: standard output, or a recorder in tests. */
export type Terminal = {
  readonly write: (text: string) => void;
  readonly columns: () => number;
  readonly rows: () => number;
  /** Has `undo` run when the process ends, whatever ends it. */
  readonly atExit: (undo: () => void) => Cancel;
};

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const CLEAR = '\u001b[2J';
const REDRAW_MS = 200;

/**
 * Frames on the alternate screen: redraws at most every 200 ms, rewrites only lines that changed, and gives the
 * terminal back as it was. `close` leaves the last frame in the scrollback.
 */
export class LiveScreen {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  #shown: readonly string[] = [];
  #size = '';
  /** The newest frame in full, also what the window has no room for. */
  #frame: readonly string[] = [];
  #drawnAt = Number.NEGATIVE_INFINITY;
  #timer: Cancel | undefined;
  #forget: Cancel | undefined;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
  }

  /** Shows `lines`, now or as soon as the pace allows. */
  draw(lines: readonly string[]): void {
    this.#frame = lines;
    const wait = this.#drawnAt + REDRAW_MS - this.#clock.monotonic();
    if (wait <= 0) this.#flush();
    else this.#timer ??= this.#clock.after(wait, () => this.#flush());
  }

  /** Gives the terminal back; the last frame stays in the scrollback. */
  close(): void {
    this.#timer?.();
    if (this.#forget === undefined) return;
    this.#forget();
    this.#forget = undefined;
    this.#terminal.write(`${LEAVE}${this.#frame.join('\n')}\n`);
  }

  #flush(): void {
    this.#timer?.();
    this.#timer = undefined;
    const { write, columns, rows, atExit } = this.#terminal;
    if (this.#forget === undefined) {
      this.#forget = atExit(() => write(LEAVE));
      write(ENTER);
    }
    const lines = this.#frame.slice(0, rows());
    const size = `${columns()}x${rows()}`;
    let text = '';
    if (size !== this.#size) {
      // Terminals rearrange what they show when they change their size.
      text += CLEAR;
      this.#shown = [];
      this.#size = size;
    }
    for (let index = 0; index < Math.max(lines.length, this.#shown.length); index++) {
      if (lines[index] === this.#shown[index]) continue;
      text += `\u001b[${index + 1};1H${lines[index] ?? ''}\u001b[K`;
    }
    if (text !== '') write(text);
    this.#shown = lines;
    this.#drawnAt = this.#clock.monotonic();
  }
}
