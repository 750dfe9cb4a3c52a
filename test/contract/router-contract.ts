import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { RouteRef, Router } from '#src/traffic/router.ts';
import { canaryWeightOf, twoWay } from '#src/traffic/split.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';

/** What the plane does with the requests of one host and path, in percent; the sides and what Git sends elsewhere. */
export type Traffic = {
  readonly primary: number;
  readonly canary: number;
  readonly other: Readonly<Record<string, number>>;
};

/** One router in one situation. */
export type RouterCase = {
  readonly name: string;
  readonly router: Router;
  readonly ref: RouteRef;
  /** What stands before Serin comes, and must stand again after it has gone. */
  readonly before: readonly KubeObject[];
  /** The API server: returns what it stores of an object, and throws on one that is not valid. */
  readonly admit: (object: KubeObject) => KubeObject;
  /** The plane's own arithmetic over the objects as they stand, for each host and path that led to the apex. */
  readonly traffic: (world: RouteWorld) => readonly Traffic[];
  /** Something that people change in Git meanwhile, far from the weights. */
  readonly edit: (world: RouteWorld) => void;
  /** The plane takes the newest generation of every route, or, where it has a status, an older one. */
  readonly answer?: (world: RouteWorld, generation: 'newest' | 'older') => void;
};

const close = (actual: number, expected: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${what}: ${actual}, want ${expected}`);

/** Everything but what the API server itself writes. */
const plain = (world: RouteWorld): unknown =>
  world.all().map(({ metadata, status: _, ...object }) => {
    const { uid: __, resourceVersion: ___, generation: ____, ...rest } = metadata;
    return { ...object, metadata: rest };
  });

/** The rules that every router keeps. */
export const routerContract = (situation: RouterCase): void => {
  const { router, ref } = situation;
  const start = (): RouteWorld => new RouteWorld(situation.before, situation.admit);
  const set = (world: RouteWorld, weight: number, stamp?: string): void =>
    world.write(router.plan(world, ref, { split: twoWay(ref, weight), stamp }).patches);

  describe(`router contract: ${situation.name}`, () => {
    const wholeBefore = situation
      .traffic(start())
      .map(({ primary, canary, other }) => ({ ours: primary + canary, other }));

    const expectTraffic = (world: RouteWorld, weight: number): void => {
      const now = situation.traffic(world);
      assert.equal(now.length, wholeBefore.length, 'every host and path is still served');
      for (const [index, { primary, canary, other }] of now.entries()) {
        const whole = wholeBefore[index];
        assert.ok(whole);
        close(primary + canary, whole.ours, 'share of both sides');
        close(canary, (whole.ours * weight) / 100, 'share of the canary');
        assert.deepEqual(Object.keys(other), Object.keys(whole.other));
        for (const [name, share] of Object.entries(other)) close(share, whole.other[name] ?? -1, `share of ${name}`);
      }
    };

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
        assert.deepEqual(router.observe(world, ref), { split: twoWay(ref, weight), stamp: `step ${weight}` });
        expectTraffic(world, weight);
      }
      set(world, 0);
      assert.deepEqual(router.observe(world, ref), { split: twoWay(ref, 0) });
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
      expectTraffic(world, 12);
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
      expectTraffic(world, 20);
      set(world, 0);
      const edited = start();
      situation.edit(edited);
      world.write(router.release(world, ref).patches);
      assert.deepEqual(plain(world), plain(edited));
    });

    test('release restores what was there before', () => {
      for (const weight of [0, 35, 100]) {
        const world = start();
        set(world, weight, 's');
        world.write(router.release(world, ref).patches);
        assert.deepEqual(plain(world), plain(start()));
        assert.equal(router.observe(world, ref), undefined);
        assert.deepEqual(router.release(world, ref).patches, []);
      }
    });

    test('no sequence of writes, releases and edits takes a host down', () => {
      const action = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constantFrom('edit' as const, 'reset' as const));
      fc.assert(
        fc.property(fc.array(action, { maxLength: 12 }), (actions) => {
          const world = start();
          let weight = 0;
          for (const step of actions) {
            if (step === 'edit') situation.edit(world);
            else if (step === 'reset') {
              // A GitOps tool puts its own manifest back, weights and all.
              for (const object of situation.before) world.put(object);
            } else {
              weight = step;
              set(world, weight, `${step}`);
            }
            for (const { primary, canary } of situation.traffic(world)) {
              close(primary + canary, wholeBefore[0]?.ours ?? 0, 'share of both sides');
            }
          }
          set(world, weight, 'end');
          expectTraffic(world, weight);
        }),
        { numRuns: 60 },
      );
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
      });
    }
  });
};
