import { test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { RouteWorld } from '#test/traffic/route-world.ts';
import { affinitiesOf } from './router-affinity.ts';
import { mirrorsOf } from './router-mirror.ts';
import type { RouterStage, Wanted } from './router-stage.ts';

/** A GitOps tool puts its own manifest back: the whole object, or only the fields that stand in Git. */
const reset = (
  world: RouteWorld,
  { object, whole }: { readonly object: KubeObject; readonly whole: boolean },
): void => {
  const { kind, metadata } = object;
  const found = world.all().find((it) => it.kind === kind && it.metadata.name === metadata.name)?.metadata;
  const labels = { ...found?.labels, ...metadata.labels };
  const annotations = { ...found?.annotations, ...metadata.annotations };
  world.put(whole ? object : { ...object, metadata: { ...metadata, labels, annotations } });
};

/** Whatever is written, edited, put back and released, in whatever order: every request is served. */
export const sequenceContract = (stage: RouterStage): void => {
  const { situation } = stage;
  const pinned = (situation.pins ?? []).map((sample) => sample.pinned);
  const affinities = affinitiesOf(stage);
  const beside: fc.Arbitrary<Wanted> = fc.record({
    weight: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constant(0)),
    pinned: fc.constantFrom(undefined, ...pinned),
    mirror: fc.constantFrom(undefined, ...mirrorsOf(stage)),
  });
  const kept = affinities.map(
    (affinity): fc.Arbitrary<Wanted> =>
      fc.record({ weight: fc.integer({ min: 1, max: 100 }), affinity: fc.constant(affinity) }),
  );
  const intent = fc.oneof({ weight: 2, arbitrary: beside }, ...kept.map((arbitrary) => ({ weight: 1, arbitrary })));
  const action = fc.oneof(
    { weight: 3, arbitrary: intent },
    { weight: 1, arbitrary: fc.constantFrom('edit', 'reset', 'reapply', 'release') },
  );

  test('no sequence of writes, releases and edits takes a host down', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 12 }), intent, (actions, last) => {
        const world = stage.start();
        for (const [index, step] of actions.entries()) {
          if (typeof step !== 'string') {
            const wanted = { ...step, stamp: `${index}` };
            stage.set(world, wanted);
            stage.expectTraffic(world, wanted);
          } else if (step === 'edit') situation.edit(world);
          else if (step === 'release') stage.release(world);
          else for (const object of situation.before) reset(world, { object, whole: step === 'reset' });
          stage.expectServed(world);
        }
        stage.set(world, { ...last, stamp: 'end' });
        stage.expect(world, { ...last, stamp: 'end' });
      }),
      { numRuns: process.env['SERIN_DEEP'] === '1' ? 300 : 25 },
    );
  });
};
