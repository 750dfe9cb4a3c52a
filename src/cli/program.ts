import { Argument, Command, CommanderError, Option } from 'commander';
import { messageOf } from '../lib/message-of.ts';
import { completionScript, SHELLS } from './completion.ts';
import { CliError, EXIT } from './exit-code.ts';
import type { Surroundings } from './surroundings.ts';
import { VERSION } from './version.ts';

const examples = (...lines: readonly string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;

const withKube = (command: Command): Command =>
  command
    .option('-n, --namespace <name>', "namespace (default: that of the kubeconfig's context)")
    .option('--context <name>', 'context of the kubeconfig')
    .option('--kubeconfig <file>', 'kubeconfig (default: KUBECONFIG, then ~/.kube/config)');

const withDrawing = (command: Command): Command =>
  command
    .option('--ascii', 'ASCII characters only')
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'))
    .option('--no-color', 'no colours; as NO_COLOR in the environment');

const addController = (program: Command, surroundings: Surroundings): void => {
  program
    .command('controller')
    .description('run the controller')
    .option('--namespace <name>', 'watch this namespace only (default: all)')
    .option('--metrics-server <url>', 'Prometheus for built-in and inline queries')
    .option('--istiod <url>', 'istiod to be asked whether its proxies have taken a weight')
    .option('--istiod-token-file <file>', 'file with the token that istiod wants')
    .option('--no-leader-elect', 'act without a lease; for one replica only')
    .option('--kubeconfig <file>', 'kubeconfig (default: as kubectl, then the service account of the pod)')
    .option('--cluster <name>', 'name of this cluster in messages and commits')
    .option('--port <number>', 'port of /healthz, /readyz and /metrics')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent')
    .option('--workers <number>', 'reconciles at once')
    .option('--git-directory <path>', 'where the Git mirrors are kept (default: a temporary folder)')
    .option('--allow-calls <list>', 'hosts and ranges that hooks may call though they usually may not')
    .option('--deny-calls <list>', 'more hosts and ranges that hooks may not call')
    .option('--watch-flagger', 'run flagger.app objects in namespaces labelled serin.dev/watch-flagger=true')
    .option('--flagger-mesh-provider <name>', 'data plane of flagger.app Canaries that name none')
    .option('--lease-namespace <name>', "namespace of the leader's Lease")
    .option('--config <file>', 'YAML file with the same settings, such as metricsServer')
    .addHelpText(
      'after',
      `
Each setting is also read from the environment, such as SERIN_METRICS_SERVER.
Flags win over the environment, the environment over the file.
SIGTERM drains: what is under way ends and is noted, then the lease is given
back.
${examples('serin controller --metrics-server http://prometheus.monitoring:9090 --cluster eu-1', 'serin controller --no-leader-elect --kubeconfig ~/.kube/config --namespace shop')}`,
    )
    .action(async (flags) => {
      const { controllerCommand } = await import('./controller-command.ts');
      await controllerCommand(surroundings, flags);
    });
};

const addDemo = (program: Command, surroundings: Surroundings): void => {
  withDrawing(
    program
      .command('demo')
      .description('tell the story of four releases in an embedded cluster')
      .option('--plain', 'one line per change instead of a live view; the default without a terminal')
      .option('--report <file>', 'write what was seen as JSON'),
  )
    .addHelpText(
      'after',
      `
Ends with 0 when every expectation of the story held, 1 when not, and 130 on
Ctrl-C or the key q. Leaves nothing behind.
${examples('serin demo', 'serin demo --plain --report demo.json')}`,
    )
    .action(async (options) => {
      const { demoCommand } = await import('./demo/demo-command.ts');
      await demoCommand(surroundings, options);
    });
};

const addGet = (program: Command, surroundings: Surroundings): void => {
  const get = program
    .command('get')
    .description('show Canaries')
    .addHelpText('after', examples('serin get canary podinfo -n shop'));
  withDrawing(
    withKube(get.command('canary'))
      .description('show one Canary with its run, its pods that are not ready, and what comes next')
      .argument('<name>', 'name of the Canary')
      .option('-w, --watch', 'follow it until no run is under way; the key q quits')
      .addOption(new Option('-o, --output <format>', 'output format').choices(['text', 'json']).default('text')),
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

const addCompletion = (program: Command, { out }: Surroundings): void => {
  program
    .command('completion')
    .description('print a script that completes commands and flags')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .addHelpText(
      'after',
      examples('source <(serin completion bash)', 'serin completion fish > ~/.config/fish/completions/serin.fish'),
    )
    .action((shell) => out.write(completionScript(program, shell)));
};

const build = (surroundings: Surroundings): Command => {
  const program = new Command('serin')
    .description('Progressive delivery for Kubernetes that commits its outcomes to Git')
    .version(VERSION, '--version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.out.write(text),
      writeErr: (text) => surroundings.err.write(text),
      getOutHelpWidth: () => surroundings.out.columns(),
      getErrHelpWidth: () => surroundings.err.columns(),
    })
    .showHelpAfterError('(see --help)')
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 failed, 64 wrong usage, 69 no API server, 77 not allowed,
130 interrupted.
${examples('serin demo', 'serin get canary podinfo -w', 'serin controller --metrics-server http://prometheus.monitoring:9090')}`,
    );
  for (const add of [addController, addDemo, addGet, addCompletion]) add(program, surroundings);
  return program;
};

const textOf = ({ message, hint }: CliError): string => `${message}\n${hint === undefined ? '' : `${hint}\n`}`;

const jsonOf = ({ message, hint, exitCode }: CliError): string =>
  `${JSON.stringify({ error: { code: exitCode, message, ...(hint === undefined ? {} : { hint }) } })}\n`;

/** Runs the command line; returns the exit code. Never throws. */
export const runProgram = async (argv: readonly string[], surroundings: Surroundings): Promise<number> => {
  let asJson = false;
  const program = build(surroundings).hook('preAction', (_, command) => {
    asJson = command.opts()['output'] === 'json';
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const known =
      error instanceof CliError ? error : new CliError(messageOf(error), { exitCode: EXIT.failed, cause: error });
    if (known.message !== '') surroundings.err.write(asJson ? jsonOf(known) : textOf(known));
    return known.exitCode;
  }
};
