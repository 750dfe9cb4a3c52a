import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouterStage } from './router-stage.ts';
import { isPinned } from './sample-request.ts';

const PLACES = ['header', 'cookie', 'query'] as const;
const PINNED = { header: 'A/B by header', cookie: 'A/B by cookie', query: 'A/B by query parameter' } as const;

/** The rules for `TrafficIntent.pinned`, where a plane has it. */
export const pinContract = (stage: RouterStage): void => {
  const { router, ref, pins = [] } = stage.situation;

  test('shows every place and operator that it lists', () => {
    const listed = router.capabilities(stage.start(), ref).pins;
    const shown = pins.flatMap(({ pinned }) => pinned.flat().map(({ on, op }) => `${on} ${op}`));
    const wanted = PLACES.flatMap((on) => listed[on].map((op) => `${on} ${op}`));
    assert.deepEqual(new Set(shown), new Set(wanted));
  });

  for (const { pinned, fit, others } of pins) {
    const words = JSON.stringify(pinned);

    test(`sends what fits to the canary, and the rest by the split: ${words}`, () => {
      assert.ok(fit.length > 0 && fit.every((request) => isPinned(request, pinned)), 'the sample must fit');
      assert.ok(others.length > 0 && !others.some((request) => isPinned(request, pinned)), 'the others must not');
      const world = stage.start();
      for (const weight of [0, 30, 100]) {
        stage.set(world, { weight, pinned, stamp: `at ${weight}` });
        stage.expect(world, { weight, pinned, stamp: `at ${weight}`, requests: [...fit, ...others] });
        assert.deepEqual(router.problems(world, ref), []);
      }
      for (const { on } of pinned.flat()) stage.verified(PINNED[on]);
    });

    test(`takes the pins away in one step: ${words}`, () => {
      const world = stage.start();
      stage.set(world, { weight: 0, pinned, stamp: 'on' });
      stage.set(world, { weight: 10, stamp: 'off' });
      stage.expect(world, { weight: 10, stamp: 'off' });
    });
  }

  if (pins.length > 1) {
    test('changes from some pins to others in one step', () => {
      const world = stage.start();
      for (const { pinned } of [...pins, ...pins.toReversed()]) {
        stage.set(world, { weight: 5, pinned });
        stage.expect(world, { weight: 5, pinned });
      }
    });
  }
};
