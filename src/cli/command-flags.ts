import { type Command, Option } from 'commander';

/** The examples at the end of a command's help. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;

/** Gives a command the flags of everything that talks to a cluster. */
export const withKube = (command: Command): Command =>
  command
    .option('-n, --namespace <name>', "namespace (default: that of the kubeconfig's context)")
    .option('--context <name>', 'context of the kubeconfig')
    .option('--kubeconfig <file>', 'kubeconfig (default: KUBECONFIG, then ~/.kube/config)');

/** Gives a command the flags of everything that draws. */
export const withDrawing = (command: Command): Command =>
  command
    .option('--ascii', 'ASCII characters only')
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'))
    .option('--no-color', 'no colours; as NO_COLOR in the environment');

/** `-o`, with these forms, the first of which is the default. */
export const outputOption = (...forms: readonly string[]): Option =>
  new Option('-o, --output <format>', 'output format').choices([...forms]).default(forms[0]);
