import type { Progress } from '../parts/parts.ts';

/** Prints a line for each piece of work when it has ended, and one before when it takes long. */
export const printProgress =
  (write: (text: string) => void): Progress =>
  async (what, work) => {
    const start = performance.now();
    const seconds = (): string => ((performance.now() - start) / 1000).toFixed(1);
    const slow = setInterval(() => write(`… ${what}: ${seconds()} s so far\n`), 30_000);
    try {
      const result = await work();
      write(`✔ ${what} (${seconds()} s)\n`);
      return result;
    } catch (error) {
      write(`✖ ${what} (${seconds()} s)\n`);
      throw error;
    } finally {
      clearInterval(slow);
    }
  };
