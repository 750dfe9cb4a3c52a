import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs a program to its end; rejects with its words. */
export const runCommand = async ([file = '', ...args]: readonly string[]): Promise<string> => {
  try {
    return (await run(file, args)).stdout;
  } catch (cause) {
    throw new Error(`Cannot run ${file} ${args.join(' ')}`, { cause });
  }
};

/** The lines that it prints. */
export const stringsOf = async (argv: readonly string[]): Promise<readonly string[]> =>
  (await runCommand(argv)).split('\n').filter((line) => line !== '');
