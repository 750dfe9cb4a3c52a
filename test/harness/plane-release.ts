import type { World, WorldOptions } from './a-world.ts';
import { aCanary } from './manifests.ts';
import type { PlaneSetup } from './planes.ts';
import { type Owner, serving } from './release.ts';

const LIMIT = 120_000;

/** podinfo 6.0.0 serves on the plane, without Serin. */
export const servingOn = async (
  owner: Owner,
  { objects, host }: PlaneSetup,
  options: WorldOptions = {},
): Promise<World> => {
  const world = await serving(owner, { host, ...options });
  for (const object of objects) world.apply(object);
  await world.clock.advance(1000);
  return world;
};

/** `servingOn`, taken over. */
export const takenOverOn = async (owner: Owner, setup: PlaneSetup, options: WorldOptions = {}): Promise<World> => {
  const world = await servingOn(owner, setup, options);
  world.startController();
  world.apply(aCanary(setup.spec));
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  return world;
};
