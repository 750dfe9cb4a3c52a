import type { Command } from 'commander';
import { examples, outputOption, withDrawing, withKube } from './command-flags.ts';
import type { Surroundings } from './surroundings.ts';

/** `serin history`. */
export const addHistory = (program: Command, surroundings: Surroundings): void => {
  withDrawing(
    withKube(program.command('history'))
      .description('list the finished runs of a Canary, or show one in full')
      .argument('<name>', 'name of the Canary')
      .option('--run <id>', 'show this run, by its id or its number')
      .addOption(outputOption('text', 'wide', 'json', 'yaml')),
  )
    .addHelpText(
      'after',
      `
WAITED is the part of TOOK that a run spent at gates and in pauses. COMMIT is
what tells the outcome in Git, or the number of the pull request.
The last 20 runs are kept as CanaryRuns, also when their Canary is gone.
${examples('serin history podinfo', 'serin history podinfo -o wide', 'serin history podinfo --run 14')}`,
    )
    .action(async (name, options) => {
      const { historyCommand } = await import('./history/history-command.ts');
      await historyCommand(surroundings, { name, ...options });
    });
};
