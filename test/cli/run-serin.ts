import { runProgram } from '#src/cli/program.ts';
import type { Surroundings } from '#src/cli/surroundings.ts';
import { systemClock } from '#src/lib/clock.ts';
import { seededRandom } from '#src/lib/random.ts';

/** The moment that every command in these tests is run at. */
export const NOW = Date.UTC(2026, 0, 1, 14, 30, 0);

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

type Options = {
  readonly environment?: Readonly<Record<string, string>>;
  /** The window that standard output is; not a terminal when absent. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
  readonly signal?: AbortSignal;
  readonly onKey?: NonNullable<Surroundings['onKey']>;
  /** Hears what is written to standard output, as it is written. */
  readonly onOut?: (text: string) => void;
};

/** A command under way: its ports to the outside are in memory, time stands still, timers run. */
export const runSerin = async (argv: readonly string[], options: Options = {}): Promise<Ran> => {
  const { environment = {}, terminal, signal = new AbortController().signal, onKey } = options;
  const written = { out: '', err: '' };
  const output = (name: 'out' | 'err') => ({
    write: (text: string) => {
      written[name] += text;
      if (name === 'out') options.onOut?.(text);
    },
    isTerminal: terminal !== undefined,
    columns: () => terminal?.columns ?? 80,
    rows: () => terminal?.rows ?? 24,
  });
  const code = await runProgram(argv, {
    environment,
    out: output('out'),
    err: output('err'),
    clock: { ...systemClock, now: () => NOW },
    random: seededRandom(1),
    signal,
    ...(onKey === undefined ? {} : { onKey }),
    atExit: () => () => {},
    pid: 1,
    hostname: 'host',
  });
  return { code, ...written };
};
