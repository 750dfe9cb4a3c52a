import { Command, CommanderError, Option } from 'commander';
import { messageOf } from '../lib/message-of.ts';
import { CliError, EXIT } from './exit-code.ts';
import type { Surroundings } from './surroundings.ts';
import { VERSION } from './version.ts';

const KUBE_OPTIONS = [
  new Option('--kubeconfig <file>', 'path of the kubeconfig; KUBECONFIG and ~/.kube/config otherwise'),
  new Option('--context <name>', 'context of the kubeconfig'),
  new Option('-n, --namespace <name>', 'namespace; the context’s otherwise'),
];

const colorOption = (): Option =>
  new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto');

const withKube = (command: Command): Command => {
  for (const option of KUBE_OPTIONS) command.addOption(option);
  return command;
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
    })
    .showHelpAfterError('(see --help)')
    .addHelpText(
      'after',
      `
Examples:
  serin demo                          the whole product in an embedded cluster, in about a minute
  serin get canary podinfo -w         follow a run
  serin controller --metrics-server http://prometheus.monitoring:9090`,
    );

  program
    .command('controller')
    .description('run the controller')
    .option('--namespace <name>', 'watch this namespace only (default: all)')
    .option('--metrics-server <url>', 'Prometheus for built-in and inline queries')
    .option('--no-leader-elect', 'act without a lease; for one replica only')
    .option('--kubeconfig <file>', 'path of the kubeconfig; in-cluster otherwise')
    .option('--cluster <name>', 'name of this cluster in messages and commits')
    .option('--port <number>', 'port of /healthz, /readyz and /metrics')
    .option('--log-level <level>', 'trace, debug, info, warn or error')
    .option('--workers <number>', 'reconciles at once')
    .option('--git-directory <path>', 'where the Git mirrors are kept')
    .option('--lease-namespace <name>', 'namespace of the leader’s Lease')
    .option('--config <file>', 'YAML file with the same settings')
    .addHelpText(
      'after',
      '\nEach setting is also read from SERIN_…, such as SERIN_METRICS_SERVER; flags win.\n\nExample:\n  serin controller --metrics-server http://prometheus.monitoring:9090 --cluster eu-1',
    )
    .action(async (flags) => {
      const { controllerCommand } = await import('./controller-command.ts');
      await controllerCommand(surroundings, flags);
    });

  program
    .command('demo')
    .description('tell the story of four releases in an embedded cluster')
    .option('--plain', 'one line per change instead of a live view; the default without a terminal')
    .option('--report <file>', 'write what was seen as JSON')
    .option('--ascii', 'ASCII characters only')
    .addOption(colorOption())
    .addHelpText('after', '\nExamples:\n  serin demo\n  serin demo --plain --report demo.json')
    .action(async (options) => {
      const { demoCommand } = await import('./demo/demo-command.ts');
      await demoCommand(surroundings, options);
    });

  const get = program.command('get').description('show Canaries');
  withKube(get.command('canary <name>'))
    .description('show one Canary with its run')
    .option('-w, --watch', 'follow it until it is settled or you stop')
    .addOption(new Option('-o, --output <format>', 'output format').choices(['text', 'json']).default('text'))
    .option('--ascii', 'ASCII characters only')
    .addOption(colorOption())
    .addHelpText(
      'after',
      '\nExamples:\n  serin get canary podinfo -n shop\n  serin get canary podinfo -w\n  serin get canary podinfo -o json',
    )
    .action(async (name, options) => {
      const { getCanaryCommand } = await import('./get-canary-command.ts');
      await getCanaryCommand(surroundings, { name, ...options });
    });
  return program;
};

/** Runs the command line; returns the exit code. Never throws. */
export const runProgram = async (argv: readonly string[], surroundings: Surroundings): Promise<number> => {
  try {
    await build(surroundings).parseAsync([...argv], { from: 'user' });
    return surroundings.signal.aborted ? EXIT.interrupted : EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const json = argv.includes('json');
    const known =
      error instanceof CliError ? error : new CliError(messageOf(error), { exitCode: EXIT.failed, cause: error });
    if (json) {
      const body = {
        error: {
          code: known.exitCode,
          message: known.message,
          ...(known.hint === undefined ? {} : { hint: known.hint }),
        },
      };
      surroundings.err.write(`${JSON.stringify(body)}\n`);
    } else if (known.message !== '') {
      surroundings.err.write(`${known.message}\n${known.hint === undefined ? '' : `${known.hint}\n`}`);
    }
    return known.exitCode;
  }
};
