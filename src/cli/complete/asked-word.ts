import type { Command } from 'commander';

/** What the word under the cursor may be, and what was said before it. */
export type AskedWord = {
  readonly what: 'canary' | 'gate' | 'run' | 'revision';
  /** First argument: the Canary that was named. */
  readonly canary?: string;
  readonly flags: { readonly namespace?: string; readonly context?: string; readonly kubeconfig?: string };
};

const VALUES: Readonly<Record<string, AskedWord['what']>> = { run: 'run', revision: 'revision' };

type Walk = {
  readonly command: Command;
  readonly given: readonly string[];
  readonly flags: Readonly<Record<string, string>>;
  /** Flag whose value comes next. */
  readonly open?: string;
};

const after = ({ open, ...walk }: Walk, word: string): Walk => {
  const { command, given, flags } = walk;
  if (open !== undefined) return { ...walk, flags: { ...flags, [open]: word } };
  if (word.startsWith('-')) {
    const [name = '', value] = word.split(/=(.*)/s);
    const option = command.options.find(({ short, long }) => short === name || long === name);
    if (option === undefined || option.isBoolean()) return walk;
    const flag = option.attributeName();
    return value === undefined ? { ...walk, open: flag } : { ...walk, flags: { ...flags, [flag]: value } };
  }
  const child = given.length === 0 ? command.commands.find((known) => known.name() === word) : undefined;
  return child === undefined ? { ...walk, given: [...given, word] } : { ...walk, command: child };
};

const whatOf = ({ command, given, open }: Walk): AskedWord['what'] | undefined => {
  if (open !== undefined) return VALUES[open];
  const argument = command.registeredArguments[given.length]?.name();
  return argument === 'name' ? 'canary' : argument === 'gate' ? 'gate' : undefined;
};

/** What the last of `words` is, by the arguments and flags that the commands have; undefined where no name stands there. */
export const askedWord = (program: Command, words: readonly string[]): AskedWord | undefined => {
  const walk = words.slice(0, -1).reduce<Walk>(after, { command: program, given: [], flags: {} });
  const what = whatOf(walk);
  if (what === undefined) return undefined;
  const [canary] = walk.given;
  const { namespace, context, kubeconfig } = walk.flags;
  return {
    what,
    ...(canary === undefined ? {} : { canary }),
    flags: {
      ...(namespace === undefined ? {} : { namespace }),
      ...(context === undefined ? {} : { context }),
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
    },
  };
};
