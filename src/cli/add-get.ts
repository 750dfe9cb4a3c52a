import type { Command } from 'commander';
import { examples, outputOption, withDrawing, withKube } from './command-flags.ts';
import type { Surroundings } from './surroundings.ts';

const addCanary = (get: Command, surroundings: Surroundings): void => {
  withDrawing(
    withKube(get.command('canary'))
      .description('show one Canary with its run, what it waits for, its pods that are not ready, and what comes next')
      .argument('<name>', 'name of the Canary')
      .option('-w, --watch', 'follow it until no run is under way; the key q quits')
      .addOption(outputOption('text', 'json', 'yaml', 'name')),
  )
    .addHelpText(
      'after',
      `
With -w a terminal shows frames, anything else one line per change, and -o json
one object per line, the last one with the outcome.
Ends with 0 however the run ended: the outcome is in what it shows.
${examples('serin get canary podinfo -n shop', 'serin get canary podinfo -w', 'serin get canary podinfo -w -o json | jq .phase')}`,
    )
    .action(async (name, options) => {
      const { getCanaryCommand } = await import('./get-canary-command.ts');
      await getCanaryCommand(surroundings, { name, ...options });
    });
};

const addCanaries = (get: Command, surroundings: Surroundings): void => {
  withDrawing(
    withKube(get.command('canaries'))
      .description('list Canaries with their runs')
      .option('-A, --all-namespaces', 'of all namespaces')
      .option('-l, --selector <labels>', 'only those with these labels, as kubectl takes them')
      .option('-w, --watch', 'follow them; the key q quits')
      .addOption(outputOption('text', 'wide', 'json', 'yaml', 'name')),
  )
    .addHelpText(
      'after',
      `
STATUS is Held where a run waits for a person, and Paused where one has paused
it: -o wide says under NEXT what for, and which command helps.
${examples('serin get canaries -A', 'serin get canaries -A -w', 'serin get canaries -l team=checkout -o wide')}`,
    )
    .action(async (options) => {
      const { getCanariesCommand } = await import('./get-canaries-command.ts');
      await getCanariesCommand(surroundings, options);
    });
};

/** `serin get …`. */
export const addGet = (program: Command, surroundings: Surroundings): void => {
  const get = program
    .command('get')
    .description('show Canaries')
    .addHelpText('after', examples('serin get canaries -A', 'serin get canary podinfo -n shop'));
  addCanary(get, surroundings);
  addCanaries(get, surroundings);
};
