import type { Command } from 'commander';
import { VERB_COMMANDS, type VerbCommand } from './act/verbs.ts';
import { examples, outputOption, withDrawing, withKube } from './command-flags.ts';
import type { Surroundings } from './surroundings.ts';

const OF_A_REVISION: readonly string[] = ['retry', 'unquarantine'];

const addVerb = (program: Command, verb: VerbCommand, surroundings: Surroundings): void => {
  const command = withKube(program.command(verb.name).description(verb.description)).argument(
    '<name>',
    'name of the Canary',
  );
  if (verb.ofGate === true) command.argument('[gate]', 'name of the gate');
  if (verb.name === 'promote') command.option('--full', 'promote without further analysis');
  if (!OF_A_REVISION.includes(verb.name)) {
    command.option('--run <id>', 'only if this run is going on, by its id or its number (default: the one that is)');
  }
  withDrawing(
    command
      .option('--revision <id>', 'only for this revision')
      .option('--reason <text>', 'why, for the record, the event and the commit')
      .option('-y, --yes', 'do not ask; needed without a terminal for what cannot be taken back')
      .option('--dry-run', 'say what it would lead to, and do nothing')
      .option('--no-wait', "do not wait for the controller's answer")
      .option('--timeout <duration>', 'how long to wait for the answer', '30s')
      .addOption(outputOption('text', 'json', 'yaml', 'name')),
  )
    .addHelpText(
      'after',
      `
${verb.help}

It counts for what is shown when it is typed: another run or revision is never
acted on. Ends with 0 when it was done, 1 when it was refused, 2 when nobody
answered in time, and 77 when you may not.
${examples(...verb.examples)}`,
    )
    .action(async (name, ...rest) => {
      const [options, gate] = verb.ofGate === true ? [rest[1], rest[0]] : [rest[0], undefined];
      const { actCommand } = await import('./act/act-command.ts');
      const asked = options.full === true ? 'promoteFull' : verb.name;
      await actCommand(surroundings, { ...options, verb: asked, name, ...(gate === undefined ? {} : { gate }) });
    });
};

/** `serin abort`, `serin promote` and whatever else people can ask of a run. */
export const addVerbs = (program: Command, surroundings: Surroundings): void => {
  for (const verb of VERB_COMMANDS) addVerb(program, verb, surroundings);
};
