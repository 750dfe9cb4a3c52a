import { CliError, EXIT } from '../exit-code.ts';
import type { Surroundings } from '../surroundings.ts';

/**
 * Asks whoever sits at the keyboard; anything but y is no. Throws CliError for no, and where nobody can be asked: what
 * cannot be taken back is not done unasked.
 */
export const confirm = async (question: string, { onKey, err, signal }: Surroundings): Promise<void> => {
  if (onKey === undefined) {
    throw new CliError(question, {
      exitCode: EXIT.usage,
      hint: 'Nobody can be asked here: add --yes',
    });
  }
  err.write(`${question} [y/N] `);
  const pressed = Promise.withResolvers<string>();
  const release = onKey(pressed.resolve);
  const interrupt = (): void => pressed.reject(new CliError('', { exitCode: EXIT.interrupted }));
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    const key = await pressed.promise;
    err.write(`${key === 'y' || key === 'Y' ? 'y' : 'n'}\n`);
    if (key !== 'y' && key !== 'Y') throw new CliError('Nothing was done', { exitCode: EXIT.failed });
  } finally {
    release();
    signal.removeEventListener('abort', interrupt);
  }
};
