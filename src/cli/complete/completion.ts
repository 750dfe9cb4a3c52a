import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** The command that shells call; no word for people. */
export const COMPLETE = 'complete';

type Node = {
  /** Names of the commands that lead here, such as `get canary`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly Command[];
  readonly flags: readonly { readonly name: string; readonly description: string }[];
  /** Its arguments are names that the cluster knows. */
  readonly takesNames: boolean;
};

const nodesOf = (command: Command, path = ''): readonly Node[] => {
  const commands = command.commands.filter((child) => child.name() !== COMPLETE);
  const flags = command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, description }) => ({ name: long?.slice(2) ?? '', description }));
  const below = commands.flatMap((child) => nodesOf(child, `${path} ${child.name()}`.trim()));
  const takesNames = command.registeredArguments[0]?.name() === 'name';
  return [{ path, commands, flags, takesNames }, ...below];
};

const wordsOf = ({ commands, flags }: Node): string =>
  [...commands.map((command) => command.name()), ...flags.map(({ name }) => `--${name}`)].join(' ');

const bash = (nodes: readonly Node[]): string => `_serin() {
  local path='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${nodes
        .slice(1)
        .map(({ path }) => `'${path}'`)
        .join(' | ')}) path="\${path:+$path }$word" ;;
    esac
  done
  local words
  case "$path" in
${nodes.map((node) => `    '${node.path}') words='${wordsOf(node)}' ;;`).join('\n')}
  esac
  case "$path" in
    ${nodes
      .filter(({ takesNames }) => takesNames)
      .map(({ path }) => `'${path}'`)
      .join(' | ')})
      [[ "\${COMP_WORDS[COMP_CWORD]}" == -* ]] || words+=" $(serin ${COMPLETE} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)"
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _serin serin
`;

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const NAMES_IN_FISH = `(serin ${COMPLETE} -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)`;

const fish = (nodes: readonly Node[]): string => {
  const lines = nodes.flatMap(({ path, commands, flags, takesNames }) => {
    const taken = commands.map((command) => command.name()).join(' ');
    const conditions = [
      ...path.split(' ').flatMap((name) => (name === '' ? [] : `__fish_seen_subcommand_from ${name}`)),
      ...(taken === '' ? [] : [`not __fish_seen_subcommand_from ${taken}`]),
    ];
    const start = `complete -c serin -n ${quoted(conditions.join('; and '))}`;
    return [
      ...commands.map((command) => `${start} -f -a ${command.name()} -d ${quoted(command.description())}`),
      ...flags.map(({ name, description }) => `${start} -l ${name} -d ${quoted(description)}`),
      ...(takesNames ? [`${start} -f -a ${quoted(NAMES_IN_FISH)}`] : []),
    ];
  });
  return `${lines.join('\n')}\n`;
};

/** A script that makes the shell complete the names of commands and flags. */
export const completionScript = (program: Command, shell: (typeof SHELLS)[number]): string => {
  const nodes = nodesOf(program);
  switch (shell) {
    case 'bash':
      return bash(nodes);
    case 'zsh':
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(nodes)}`;
    case 'fish':
      return fish(nodes);
  }
};
