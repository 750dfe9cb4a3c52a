import type { KubeObject } from '#src/lib/kube-object.ts';
import { aWorld, type World, type WorldOptions } from './a-world.ts';
import { aCanary, aDeployment, aService } from './manifests.ts';

/** A test, or whoever else sees to it that the world ends. */
export type Owner = { readonly after: (end: () => Promise<void>) => void };

export const deployment = (world: World, name: string): KubeObject | undefined =>
  world.read({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name });

/** What a team does without Git: the new image, applied to the target. */
export const push = (world: World, image: string): void => world.apply(aDeployment(image, { replicas: 0 }));

/** True when no run is going on and so many have ended. */
export const ended = (world: World, runs: number, canary?: string) => (): boolean =>
  world.canary(canary).run === undefined && world.canary(canary).history.length === runs;

/** podinfo 6.0.0 serves from two pods, without Serin. */
export const serving = async (owner: Owner, options: WorldOptions = {}): Promise<World> => {
  const world = aWorld(options);
  owner.after(world.stop);
  world.apply(aService());
  world.apply(aDeployment('podinfo:6.0.0', { replicas: 2 }));
  await world.clock.advance(1000);
  return world;
};

/** podinfo 6.0.0 serves and has been taken over. */
export const takenOver = async (
  owner: Owner,
  canary: KubeObject = aCanary(),
  options: WorldOptions = {},
): Promise<World> => {
  const world = await serving(owner, options);
  world.startController();
  world.apply(canary);
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return world;
};
