import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { World } from '#test/harness/a-world.ts';
import { deployment, ended, push, takenOver } from '#test/harness/release.ts';

/** What `kubectl set image` does to a copy of the target. */
const setImage = (world: World, name: string, image: string): void => {
  const before = deployment(world, name);
  assert.ok(before);
  const changed = JSON.stringify(before).replace(/"image":"[^"]*"/, `"image":"${image}"`);
  const object: KubeObject = JSON.parse(changed);
  world.replace(object);
};
const image = (world: World, name: string): string | undefined =>
  stringAt(deployment(world, name), 'spec', 'template', 'spec', 'containers', 0, 'image');

// The primary ran what somebody had set by hand, a version that nobody had judged, until the next promotion.
test('a primary that was changed by hand goes back to what was judged, and tells who did it', async (t) => {
  const world = await takenOver(t);
  setImage(world, 'podinfo-primary', 'podinfo:6.9.0-bad');
  await world.clock.advance(2_000);
  assert.equal(image(world, 'podinfo-primary'), 'podinfo:6.0.0');
  assert.match(
    world.events().find((event) => event.startsWith('WorkloadDrift')) ?? '',
    /^WorkloadDrift: kubectl changed the template of podinfo-primary; it goes back to revision /,
  );
});

// The canary was judged with another image than the run's, whose digest was then promoted under the run's tag.
test('a canary that was changed by hand goes back to the version of its run, which alone is promoted', async (t) => {
  const world = await takenOver(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  setImage(world, 'podinfo-canary', 'podinfo:6.2.0');
  await world.clock.advance(1_000);
  assert.equal(image(world, 'podinfo-canary'), 'podinfo:6.1.0');
  const mark = world.load.snapshot();
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  assert.deepEqual(Object.keys(world.load.since(mark).versions).sort(), ['6.0.0', '6.1.0']);
  assert.match(image(world, 'podinfo-primary') ?? '', /^podinfo:6\.1\.0@sha256:/);
});
