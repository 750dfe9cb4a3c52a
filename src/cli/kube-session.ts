import { createHttpTransport } from '../kube/http-transport.ts';
import { type KubeConfigSource, loadKubeConfig } from '../kube/load-kube-config.ts';
import type { Transport } from '../kube/transport.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/message-of.ts';
import { CliError, EXIT } from './exit-code.ts';

/** Opens the way to the API server that a kubeconfig names. */
export const openTransport = async (source: KubeConfigSource, clock: Clock): Promise<Transport> => {
  try {
    return createHttpTransport({ auth: await loadKubeConfig(source), clock });
  } catch (cause) {
    throw new CliError(`Cannot read the kubeconfig: ${messageOf(cause)}`, {
      exitCode: EXIT.unavailable,
      hint: 'Name one with --kubeconfig, or set KUBECONFIG.',
      cause,
    });
  }
};
