import type { Clock } from '../lib/clock.ts';
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
  readonly pid: number;
  readonly hostname: string;
};

export type Output = {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: () => number;
  readonly rows: () => number;
};

/** Whether to colour: asked for, or a terminal that can, and nobody said no (https://no-color.org). */
export const wantsColor = (surroundings: Surroundings, choice: 'auto' | 'always' | 'never'): boolean => {
  if (choice !== 'auto') return choice === 'always';
  const { NO_COLOR, TERM } = surroundings.environment;
  return surroundings.out.isTerminal && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
};
