import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runProgram } from './cli/program.ts';
import type { Output, Surroundings } from './cli/surroundings.ts';
import { systemClock } from './lib/clock.ts';

// Patterns of template arguments are written by tenants: none of them may hold the process up.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

/** One press of Ctrl-C comes several times: the terminal signals every process, and npm and bootstrap.mjs pass it on. */
const SAME_PRESS_MS = 1000;
const stop = new AbortController();
let stoppedAt = Number.POSITIVE_INFINITY;

/** The first signal drains; a second one ends at once. */
const onSignal = (name: string): void => {
  if (!stop.signal.aborted) {
    stoppedAt = systemClock.monotonic();
    stop.abort(name);
  } else if (systemClock.monotonic() - stoppedAt > SAME_PRESS_MS) process.exit(130);
};
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);

const undos = new Set<() => void>();
process.on('exit', () => {
  for (const undo of undos) undo();
});
const atExit: Surroundings['atExit'] = (undo) => {
  undos.add(undo);
  return () => void undos.delete(undo);
};

const output = (stream: NodeJS.WriteStream): Output => {
  // A reader that closes the pipe early (`| head -1`) is no error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
    columns: () => stream.columns ?? 80,
    rows: () => stream.rows ?? 24,
  };
};

/** Without Enter means that the terminal no longer turns Ctrl-C into a signal either. */
const onKey: Surroundings['onKey'] = (listener) => {
  const { stdin } = process;
  const heard = (data: Buffer): void => {
    for (const key of data.toString()) {
      if (key === '\u0003') onSignal('SIGINT');
      else listener(key);
    }
  };
  stdin.setRawMode(true).on('data', heard).resume();
  return () => void stdin.off('data', heard).setRawMode(false).pause();
};

const code = await runProgram(process.argv.slice(2), {
  environment: process.env,
  out: output(process.stdout),
  err: output(process.stderr),
  clock: systemClock,
  random: Math.random,
  signal: stop.signal,
  ...(process.stdin.isTTY ? { onKey } : {}),
  atExit,
  pid: process.pid,
  hostname: hostname(),
});
const flushed = (stream: NodeJS.WriteStream): Promise<void> => new Promise((done) => stream.write('', () => done()));
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
// Open watches would keep the process alive.
process.exit(code);
