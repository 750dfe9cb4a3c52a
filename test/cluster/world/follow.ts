import type { KubeClient, WatchEvent } from '#src/kube/client.ts';
import type { Resource } from '#src/lib/kube-object.ts';

/**
 * Tells every change of the objects of a namespace until the signal; begins again where a watch has ended, also when
 * the API server was away. An object may be told more than once.
 */
export const follow = async (
  client: KubeClient,
  options: {
    readonly resource: Resource;
    readonly namespace: string;
    readonly signal: AbortSignal;
    readonly tell: (event: Exclude<WatchEvent, { readonly type: 'ERROR' }>) => void;
  },
): Promise<void> => {
  const { resource, namespace, signal, tell } = options;
  while (!signal.aborted) {
    try {
      const events = await client.watch(resource, { namespace, resourceVersion: '0', signal });
      for await (const event of events) if (event.type !== 'ERROR' && event.type !== 'BOOKMARK') tell(event);
    } catch {
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
};
