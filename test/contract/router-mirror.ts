import { test } from 'node:test';
import type { RouterStage } from './router-stage.ts';

/** Percents of the requests that the plane can copy: none, all, or any. */
export const mirrorsOf = (stage: RouterStage): readonly number[] => {
  const { router, ref } = stage.situation;
  return { none: [], full: [100], percent: [20, 1, 100] }[router.capabilities(stage.start(), ref).mirror];
};

/** The rules for `TrafficIntent.mirror`, where a plane has it. */
export const mirrorContract = (stage: RouterStage): void => {
  const mirrors = mirrorsOf(stage);
  if (mirrors.length === 0) return;
  const [pins] = stage.situation.pins ?? [];

  test('copies the safe requests to the canary, beside every split', () => {
    const world = stage.start();
    for (const weight of [0, 30, 100]) {
      for (const mirror of mirrors) {
        stage.set(world, { weight, mirror });
        stage.expect(world, { weight, mirror });
      }
    }
    stage.verified('mirroring');
  });

  test('takes the copies away in one step', () => {
    for (const mirror of mirrors) {
      const world = stage.start();
      stage.set(world, { weight: 0, mirror, stamp: 'on' });
      stage.set(world, { weight: 10, stamp: 'off' });
      stage.expect(world, { weight: 10, stamp: 'off' });
    }
  });

  if (pins) {
    test('copies what is not pinned, beside pins', () => {
      const world = stage.start();
      for (const mirror of mirrors) {
        const both = { weight: 0, mirror, pinned: pins.pinned };
        stage.set(world, both);
        stage.expect(world, both);
      }
      stage.set(world, { weight: 0, pinned: pins.pinned });
      stage.expect(world, { weight: 0, pinned: pins.pinned });
      stage.set(world, { weight: 0, mirror: mirrors[0] });
      stage.expect(world, { weight: 0, mirror: mirrors[0] });
    });
  }
};
