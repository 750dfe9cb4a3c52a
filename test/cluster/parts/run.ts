import { spawn } from 'node:child_process';

export type RunOptions = {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
};

/** Runs a program to its end and returns what it printed. Throws an Error with its last lines when it fails. */
export const run = (argv: readonly string[], options: RunOptions = {}): Promise<string> => {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const all: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk);
      all.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => all.push(chunk));
    child.on('error', (cause) => reject(new Error(`Cannot run ${program}: ${cause.message}`, { cause })));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const said = Buffer.concat(all).toString().trimEnd().split('\n').slice(-15).join('\n');
      reject(new Error(`Cannot finish ${argv.join(' ')}: it ended with ${code ?? signal}, want 0:\n${said}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
};

/** True when a program of this name is on the PATH. */
export const hasProgram = (name: string): Promise<boolean> =>
  run(['sh', '-c', `command -v ${name}`]).then(
    () => true,
    () => false,
  );
