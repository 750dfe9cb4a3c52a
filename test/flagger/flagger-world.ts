import { originalRef } from '#src/flagger/shadow.ts';
import { at, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { World, WorldOptions } from '#test/harness/a-world.ts';
import { type Owner, serving } from '#test/harness/release.ts';
import { aFlaggerCanary, shop } from './flagger-manifests.ts';

export const original = (world: World, name = 'podinfo'): KubeObject | undefined =>
  world.read(originalRef({ namespace: 'shop', name }));

export const phase = (world: World): string | undefined => stringAt(original(world), 'status', 'phase');

/** The condition of a type on the flagger.app Canary. */
export const condition = (world: World, type: string): Readonly<Record<string, unknown>> | undefined => {
  const conditions = at(original(world), 'status', 'conditions');
  return Array.isArray(conditions)
    ? conditions.map((entry: unknown) => recordAt({ entry }, 'entry')).find((entry) => entry['type'] === type)
    : undefined;
};

/** podinfo 6.0.0 serves, the namespace lets Serin run Flagger's objects, and a controller runs them. */
export const invited = async (owner: Owner, options: WorldOptions = {}): Promise<World> => {
  const world = await serving(owner, options);
  world.apply(shop(true));
  world.startController({ settings: { watchFlagger: true } });
  return world;
};

/** podinfo 6.0.0 has been taken over through a flagger.app Canary. */
export const runByFlagger = async (owner: Owner, canary = aFlaggerCanary()): Promise<World> => {
  const world = await invited(owner);
  world.apply(canary);
  await world.clock.until(() => phase(world) === 'Initialized', 120_000);
  return world;
};
