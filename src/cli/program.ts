import { Argument, Command, CommanderError } from 'commander';
import { messageOf } from '../lib/message-of.ts';
import { addGet } from './add-get.ts';
import { addHistory } from './add-history.ts';
import { addVerbs } from './add-verbs.ts';
import { examples, withDrawing } from './command-flags.ts';
import { COMPLETE, completionScript, SHELLS } from './complete/completion.ts';
import { CliError, EXIT } from './exit-code.ts';
import type { Surroundings } from './surroundings.ts';
import { VERSION } from './version.ts';

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

/** What the scripts of `completion` call. */
const addComplete = (program: Command, surroundings: Surroundings): void => {
  program
    .command(COMPLETE, { hidden: true })
    .argument('[words...]')
    .action(async (words) => {
      const { completeCommand } = await import('./complete/complete-command.ts');
      await completeCommand(program, { words, surroundings });
    });
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
Exit codes: 0 done, 1 failed or refused, 2 no answer in time, 64 wrong usage,
69 no API server, 77 not allowed, 130 interrupted.
${examples('serin demo', 'serin get canary podinfo -w', 'serin abort podinfo --reason "wrong settings"', 'serin controller --metrics-server http://prometheus.monitoring:9090')}`,
    );
  for (const add of [addController, addDemo, addGet, addHistory, addVerbs, addCompletion, addComplete])
    add(program, surroundings);
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
