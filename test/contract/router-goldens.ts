import { test } from 'node:test';
import { keyOf } from '#src/lib/kube-object.ts';
import type { RouteWorld } from '#test/traffic/route-world.ts';
import { GoldenFiles } from './golden-files.ts';
import { affinitiesOf } from './router-affinity.ts';
import { mirrorsOf } from './router-mirror.ts';
import { plain, type RouterStage, type Wanted } from './router-stage.ts';

type Step = Wanted | 'release';

/** All objects of a world in a fixed order, whenever they were written. */
const standing = (world: RouteWorld): readonly unknown[] => {
  const order = new Map(world.all().map(({ kind, metadata }, index) => [index, `${kind} ${keyOf(metadata)}`]));
  const objects = plain(world).map((object, index) => ({ object, key: order.get(index) ?? '' }));
  return objects.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ object }) => object);
};

/** The objects that stand after each intent are those in `golden/`, to the letter. */
export const goldenContract = (stage: RouterStage): void => {
  const { situation } = stage;
  const files = new GoldenFiles(situation.golden);
  const after = (...steps: readonly Step[]): readonly unknown[] => {
    const world = stage.start();
    for (const step of steps) {
      if (step === 'release') stage.release(world);
      else stage.set(world, step);
    }
    return standing(world);
  };
  const golden = (name: string, ...steps: readonly Step[]): void => {
    test(`golden: ${name}`, () => files.expect(name, after(...steps)));
  };

  const first: Wanted = { weight: 0 };
  const step: Wanted = { weight: 10, stamp: 'run-1/step-1' };
  golden('first', first);
  golden('step', first, step);
  golden('full', first, step, { weight: 100, stamp: 'run-1/step-2' });
  golden('rollback', first, step, { weight: 0, stamp: 'run-1/rollback' });
  golden('release', first, step, 'release');
  const [sample] = situation.pins ?? [];
  if (sample) golden('pinned', first, { weight: 0, pinned: sample.pinned, stamp: 'run-1/step-1' });
  const [mirror] = mirrorsOf(stage);
  if (mirror) golden('mirror', first, { weight: 0, mirror, stamp: 'run-1/step-1' });
  const [, , affinity] = affinitiesOf(stage);
  if (affinity) golden('affinity', first, { weight: 25, affinity, stamp: 'run-1/step-3' });
  test('golden: nothing else', () => files.expectNoOthers());
};
