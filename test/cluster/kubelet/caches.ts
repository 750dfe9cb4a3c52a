import type { KubeClient } from '#src/kube/client.ts';
import { Reflector } from '#src/kube/reflector.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import type { Clock } from '#src/lib/clock.ts';
import { type KubeObject, keyOf, type Resource } from '#src/lib/kube-object.ts';
import type { Random } from '#src/lib/random.ts';
import type { ClusterBackend } from '#src/sandbox/backend.ts';
import type { Log } from './log.ts';

export type CachesOptions = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

/** All pods, ConfigMaps and Secrets of the cluster. */
export const createCaches = ({ client, clock, random, log }: CachesOptions) => {
  const follow = (resource: Resource) =>
    new Reflector<KubeObject>({
      client,
      clock,
      random,
      resource,
      project: withoutManagedFields,
      indexes: {},
      onError: (error) => log('A watch has failed', { resource: resource.plural, error }),
    });
  const caches = {
    pods: follow(RESOURCES.pod),
    configMaps: follow(RESOURCES.configMap),
    secrets: follow(RESOURCES.secret),
  };
  const read: ClusterBackend['read'] = (ref) => {
    if (ref.kind === 'ConfigMap') return caches.configMaps.store.get(keyOf(ref));
    if (ref.kind === 'Secret') return caches.secrets.store.get(keyOf(ref));
    throw new RangeError(`Cannot read ${ref.kind} ${ref.name}: want a ConfigMap or a Secret`);
  };
  return {
    ...caches,
    backend: { read },
    stop: async () => {
      await Promise.all(Object.values(caches).map((cache) => cache.stop()));
    },
  };
};

const withoutManagedFields = (object: KubeObject): KubeObject => {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
};
