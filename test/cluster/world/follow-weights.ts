import { parseCanaryStatus } from '#src/api/canary-status.ts';
import type { KubeClient } from '#src/kube/client.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { follow } from './follow.ts';
import type { Stood } from './weights.ts';

/** The weights that the only Canary of a namespace tells, from now on until the signal. */
export const followWeights = (
  client: KubeClient,
  { namespace, signal }: { readonly namespace: string; readonly signal: AbortSignal },
): { readonly stood: readonly Stood[]; readonly watching: Promise<void> } => {
  const stood: Stood[] = [];
  const watching = follow(client, {
    resource: RESOURCES.canary,
    namespace,
    signal,
    tell: ({ object }) => {
      const { phase, canaryWeight = 0 } = parseCanaryStatus(object['status']);
      // From the promotion on, the primary serves the new version too.
      const weight = phase === 'Progressing' ? canaryWeight : 0;
      if (stood.at(-1)?.weight !== weight) stood.push({ at: Date.now(), weight });
    },
  });
  return { stood, watching };
};
