import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { canaryWeightOf, twoWay } from '#src/traffic/split.ts';
import type { RouteWorld } from '#test/traffic/route-world.ts';
import { affinitiesOf, affinityContract } from './router-affinity.ts';
import type { RouterCase } from './router-case.ts';
import { goldenContract } from './router-goldens.ts';
import { mirrorContract, mirrorsOf } from './router-mirror.ts';
import { pinContract } from './router-pins.ts';
import { refusalContract } from './router-refusals.ts';
import { sequenceContract } from './router-sequences.ts';
import { plain, RouterStage, type Wanted } from './router-stage.ts';

/** The rules that every router keeps. */
export const routerContract = (situation: RouterCase): void => {
  const { router, ref } = situation;
  const stage = new RouterStage(situation);
  const start = (): RouteWorld => stage.start();
  const set = (world: RouteWorld, weight: number, stamp?: string): void => stage.set(world, { weight, stamp });

  describe(`router contract: ${situation.name}`, () => {
    test('is not in the way of itself', () => {
      const world = start();
      assert.deepEqual(router.problems(world, ref), []);
      for (const weight of [0, 30, 0]) {
        set(world, weight);
        assert.deepEqual(router.problems(world, ref), []);
      }
    });

    test('observes nothing before the first write', () => {
      assert.equal(router.observe(start(), ref), undefined);
      assert.notEqual(router.accepted(start(), ref).ok, true);
    });

    test('observes every weight as it was planned, with its stamp', () => {
      const world = start();
      for (let weight = 0; weight <= 100; weight++) {
        set(world, weight, `step ${weight}`);
        stage.expect(world, { weight, stamp: `step ${weight}` });
      }
      set(world, 0);
      assert.deepEqual(router.observe(world, ref), { split: twoWay(ref, 0) });
      stage.verified(ref.options.appProtocol === 'tcp' ? 'TCP' : 'weights');
    });

    test('plans nothing where everything stands', () => {
      const world = start();
      for (const weight of [0, 1, 33, 50, 99, 100, 0]) {
        set(world, weight, `at ${weight}`);
        const again = router.plan(world, ref, { split: twoWay(ref, weight), stamp: `at ${weight}` });
        assert.deepEqual(again.patches, []);
        assert.deepEqual(again.effective, twoWay(ref, weight));
        assert.equal(again.roundingErrorPpm, 0);
      }
    });

    test('writes weight and stamp in one patch to one object', () => {
      const world = start();
      set(world, 10, 'up');
      const plan = router.plan(world, ref, { split: twoWay(ref, 0), stamp: 'down' });
      assert.equal(plan.patches.length, 1);
      world.write(plan.patches);
      assert.deepEqual(router.observe(world, ref), { split: twoWay(ref, 0), stamp: 'down' });
    });

    test('writes a stamp that is new, or no longer wanted, at the same weight', () => {
      const world = start();
      set(world, 10, 'one');
      for (const stamp of ['two', undefined]) {
        const { patches } = router.plan(world, ref, { split: twoWay(ref, 10), stamp });
        assert.equal(patches.length, 1);
        world.write(patches);
        assert.equal(router.observe(world, ref)?.stamp, stamp);
      }
    });

    test('puts back the label that holds the weights against other writers', () => {
      const world = start();
      set(world, 10, 's');
      const isHeld = ({ metadata }: KubeObject): boolean => metadata.labels?.['serin.dev/held'] === 'true';
      const held = world.all().filter(isHeld);
      assert.equal(held.length, 1);
      for (const object of held) {
        const { 'serin.dev/held': _, ...labels } = object.metadata.labels ?? {};
        world.put({ ...object, metadata: { ...object.metadata, labels } });
      }
      set(world, 10, 's');
      assert.equal(world.all().filter(isHeld).length, 1);
    });

    test('gives the canary no more than asked where a weight cannot be written', () => {
      const world = start();
      const plan = router.plan(world, ref, { split: twoWay(ref, 12.5) });
      assert.equal(canaryWeightOf(ref, plan.effective), 12);
      assert.equal(plan.roundingErrorPpm, 5000);
      assert.equal(plan.warnings.length, 1);
      world.write(plan.patches);
      stage.expectTraffic(world, { weight: 12 });
    });

    test('refuses a split that is not the whole, or not ours', () => {
      const [primary, canary] = twoWay(ref, 40);
      assert.ok(primary && canary);
      for (const split of [[primary], [primary, { ...canary, weightPpm: 0 }], [{ ...primary, backend: 'x' }, canary]]) {
        assert.throws(() => router.plan(start(), ref, { split }), RangeError);
      }
    });

    test('lets edits in Git through, and keeps them', () => {
      const world = start();
      set(world, 20, 's');
      situation.edit(world);
      set(world, 20, 's');
      stage.expectTraffic(world, { weight: 20 });
      set(world, 0);
      const edited = start();
      situation.edit(edited);
      world.write(router.release(world, ref).patches);
      assert.deepEqual(plain(world), plain(edited));
      if (ref.routeRef !== undefined) stage.verified('adopted from Git');
    });

    test('release restores what was there before', () => {
      const variants: readonly Wanted[] = [
        ...[0, 35, 100].map((weight) => ({ weight })),
        ...(situation.pins ?? []).map(({ pinned }) => ({ weight: 0, pinned })),
        ...mirrorsOf(stage).map((mirror) => ({ weight: 5, mirror, pinned: situation.pins?.[0]?.pinned })),
        ...affinitiesOf(stage).map((affinity) => ({ weight: 25, affinity })),
      ];
      for (const wanted of variants) {
        const world = start();
        stage.set(world, { ...wanted, stamp: 's' });
        stage.release(world);
        assert.deepEqual(plain(world), plain(start()));
        assert.equal(router.observe(world, ref), undefined);
        assert.deepEqual(router.release(world, ref).patches, []);
      }
      stage.verified('given back');
    });

    const { answer } = situation;
    if (answer === undefined) {
      test('does not know what a plane without status has accepted', () => {
        const world = start();
        set(world, 10);
        assert.deepEqual({ ...router.accepted(world, ref), detail: '' }, { ok: 'unknown', refused: false, detail: '' });
      });
    } else {
      test('is accepted for the generation that stands only', () => {
        const world = start();
        set(world, 10);
        assert.deepEqual({ ...router.accepted(world, ref), detail: '' }, { ok: false, refused: false, detail: '' });
        answer(world, 'newest');
        assert.equal(router.accepted(world, ref).ok, true);
        set(world, 20);
        assert.equal(router.accepted(world, ref).ok, false);
        answer(world, 'older');
        assert.equal(router.accepted(world, ref).ok, false);
        answer(world, 'newest');
        assert.equal(router.accepted(world, ref).ok, true);
        stage.verified('acceptance by status');
      });
    }

    pinContract(stage);
    mirrorContract(stage);
    affinityContract(stage);
    refusalContract(stage);
    goldenContract(stage);
    sequenceContract(stage);
  });
};
