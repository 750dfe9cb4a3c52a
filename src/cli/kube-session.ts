import type { KubeClient } from '../kube/client.ts';
import { createKubeClient } from '../kube/create-client.ts';
import { createHttpTransport } from '../kube/http-transport.ts';
import { KubeError } from '../kube/kube-error.ts';
import { type KubeConfigSource, type LoadedKubeConfig, loadKubeConfig } from '../kube/load-kube-config.ts';
import type { Transport } from '../kube/transport.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/message-of.ts';
import { CliError, EXIT } from './exit-code.ts';
import type { Surroundings } from './surroundings.ts';

/** The flags that every command with a cluster has. */
export type KubeFlags = { readonly kubeconfig?: string; readonly context?: string; readonly namespace?: string };

/** A command's way to one namespace of a cluster. */
export type KubeSession = {
  readonly client: KubeClient;
  /** For what the client does not know. */
  readonly transport: Transport;
  /** What `-n` names, else the kubeconfig's context, else `default`. */
  readonly namespace: string;
  readonly close: () => Promise<void>;
};

const readKubeConfig = async (source: KubeConfigSource): Promise<LoadedKubeConfig> => {
  try {
    return await loadKubeConfig(source);
  } catch (cause) {
    throw new CliError(messageOf(cause), {
      exitCode: EXIT.unavailable,
      hint: 'Name a kubeconfig with --kubeconfig or KUBECONFIG.',
      cause,
    });
  }
};

/** Opens the way to the API server that a kubeconfig names. */
export const openTransport = async (source: KubeConfigSource, clock: Clock): Promise<Transport> =>
  createHttpTransport({ auth: await readKubeConfig(source), clock });

export const openSession = async ({ clock, random }: Surroundings, flags: KubeFlags): Promise<KubeSession> => {
  const context = flags.context === undefined ? {} : { context: flags.context };
  const auth = await readKubeConfig(
    flags.kubeconfig === undefined
      ? { from: 'default', ...context }
      : { from: 'file', path: flags.kubeconfig, ...context },
  );
  const transport = createHttpTransport({ auth, clock });
  return {
    transport,
    // Nobody wants to wait for many attempts in front of a terminal.
    client: createKubeClient({ transport, clock, random, retries: 1 }),
    namespace: flags.namespace ?? auth.namespace ?? 'default',
    close: () => transport.close(),
  };
};

/**
 * What the API server said as an error of the command line, with what would help; anything else as it is. `role` says
 * which rights a command takes.
 */
export const asCliError = (
  error: unknown,
  role = 'The ClusterRole serin-view has what this command reads; bind it to your user.',
): unknown => {
  if (!(error instanceof KubeError)) return error;
  const cliError = (exitCode: number, hint: string): CliError =>
    new CliError(messageOf(error), { exitCode, hint, cause: error });
  switch (error.kind) {
    case 'Forbidden':
      return cliError(EXIT.forbidden, role);
    case 'Unauthorized':
      return cliError(EXIT.forbidden, 'See who you are to the cluster with: kubectl auth whoami');
    case 'Unreachable':
    case 'Timeout':
    case 'Unavailable':
      return cliError(EXIT.unavailable, 'See whether the cluster answers with: kubectl version');
    default:
      return error;
  }
};
