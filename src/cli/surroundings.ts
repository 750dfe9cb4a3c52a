import type { Cancel, Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';

/** Everything a command takes from the process: given by `main.ts`, replaced in tests. */
export type Surroundings = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly out: Output;
  readonly err: Output;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted by SIGINT and SIGTERM; its reason is the signal's name. */
  readonly signal: AbortSignal;
  /** Hears every key pressed, without Enter; absent when nobody sits at a keyboard. */
  readonly onKey?: (listener: (key: string) => void) => Cancel;
  /** Has `undo` run when the process ends, whatever ends it: for what must not stay behind. Synchronous. */
  readonly atExit: (undo: () => void) => Cancel;
  readonly pid: number;
  readonly hostname: string;
};

export type Output = {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: () => number;
  readonly rows: () => number;
};

/** How a command may be asked to draw. */
export type DrawOptions = {
  readonly ascii?: boolean;
  /** False for `--no-color`. */
  readonly color: 'auto' | 'always' | 'never' | false;
};

/** Whether to colour: asked for, or a terminal that can, and nobody said no (https://no-color.org). */
const wantsColor = ({ out, environment }: Surroundings, choice: DrawOptions['color']): boolean => {
  if (choice !== 'auto') return choice === 'always';
  const { NO_COLOR, TERM } = environment;
  return out.isTerminal && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
};

/** How to draw now; the width follows the window. */
export const styleOf = (surroundings: Surroundings, { ascii = false, color }: DrawOptions) => ({
  width: surroundings.out.columns(),
  color: wantsColor(surroundings, color),
  ascii,
});

/** A signal that is also aborted by the key q, while `watch` runs. */
export const quitByKey = async <T>(
  surroundings: Surroundings,
  watch: (quit: AbortSignal) => Promise<T>,
): Promise<T> => {
  const quit = new AbortController();
  const release = surroundings.onKey?.((key) => {
    if (key === 'q') quit.abort('q');
  });
  try {
    return await watch(quit.signal);
  } finally {
    release?.();
  }
};
