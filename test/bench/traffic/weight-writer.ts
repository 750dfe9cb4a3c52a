import { parseCanary } from '#src/api/parse.ts';
import { Caches } from '#src/controller/caches.ts';
import { createClusterWriter } from '#src/controller/cluster-writer.ts';
import { View } from '#src/controller/view.ts';
import { systemClock } from '#src/lib/clock.ts';
import { routerFor } from '#src/traffic/routers.ts';
import { twoWay } from '#src/traffic/split.ts';
import type { ACluster } from '../../cluster/world/a-cluster.ts';
import { canaryObject } from '../../cluster/world/canary-manifest.ts';
import type { Place } from '../../cluster/world/place.ts';

/** Writes weights as the controller does: its caches, its router's plan, its writer. */
export type WeightWriter = {
  /** Resolves with the number of objects written, when the API server has answered. */
  readonly write: (canaryWeight: number) => Promise<number>;
  readonly stop: () => Promise<void>;
};

/** For the route of a place; nothing of a Canary is in the cluster. */
export const startWeightWriter = async ({ client }: ACluster, place: Place): Promise<WeightWriter> => {
  const canary = canaryObject(place);
  const parsed = parseCanary(canary);
  if (!parsed.ok)
    throw new Error(`Cannot read the Canary: ${parsed.problems.map(({ message }) => message).join('; ')}`);
  const { spec } = parsed;
  const found = routerFor(spec);
  if ('problem' in found) throw new Error(`Cannot write weights: ${found.problem.message}`);
  const { router } = found;
  const nothing = (): void => {};
  const filled = Promise.withResolvers<void>();
  const caches = new Caches({
    client,
    clock: systemClock,
    random: Math.random,
    onChange: nothing,
    onError: nothing,
    onReadable: nothing,
    onFilled: filled.resolve,
  });
  caches.start();
  await caches.whenFilled();
  if (!caches.want(router.id)) await filled.promise;
  const writer = createClusterWriter(client, caches, { onPruned: nothing });
  const ref = {
    namespace: place.namespace,
    target: spec.targetRef.name,
    service: place.app,
    port: spec.service.port,
    canaryUid: `bench-${place.namespace}`,
    gatewayRefs: [],
    hosts: [],
    options: spec.service,
    ...(spec.routeRef === undefined ? {} : { routeRef: spec.routeRef }),
    ...(spec.ingressRef === undefined ? {} : { ingressRef: spec.ingressRef }),
  };
  let written = 0;
  return {
    write: async (canaryWeight) => {
      const intent = { split: twoWay(ref, canaryWeight), stamp: `bench-${++written}` };
      const { patches } = router.plan(new View(caches), ref, intent);
      await writer.patch(patches);
      return patches.length;
    },
    stop: () => caches.stop(),
  };
};
