import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runProgram } from './cli/program.ts';
import type { Output } from './cli/surroundings.ts';
import { systemClock } from './lib/clock.ts';

// Patterns of template arguments are written by tenants: none of them may hold the process up.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

const stop = new AbortController();
// The first signal drains; a second one ends at once.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort(name);
  });
}
// A reader that closes the pipe early (`| head -1`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const output = (stream: NodeJS.WriteStream): Output => ({
  write: (text) => void stream.write(text),
  isTerminal: stream.isTTY === true,
  columns: () => stream.columns ?? 80,
  rows: () => stream.rows ?? 24,
});

const code = await runProgram(process.argv.slice(2), {
  environment: process.env,
  out: output(process.stdout),
  err: output(process.stderr),
  clock: systemClock,
  random: Math.random,
  signal: stop.signal,
  pid: process.pid,
  hostname: hostname(),
});
// Open watches would keep the process alive; a controller that lost its lease must not act any more.
process.exit(code);
