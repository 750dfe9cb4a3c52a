import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveCanary } from '#src/cli/live-canary.ts';
import { renderTree } from '#src/cli/view/render-tree.ts';
import { createKubeClient } from '#src/kube/create-client.ts';
import { seededRandom } from '#src/lib/random.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import type { World } from '#test/harness/a-world.ts';
import { aDaemonSet, aWish, SURGE, takenOverOnNodes, takenOverService } from '#test/harness/targets.ts';

/** The sides as `serin get canary` shows them: kind, name, role, ready of wanted; then what they wait for. */
const shown = async (world: World): Promise<readonly string[]> => {
  const { clock } = world;
  const random = seededRandom(1);
  const client = createKubeClient({ transport: inProcessTransport(world.cluster.api, { user: 'me' }), clock, random });
  const live = new LiveCanary({ client, clock, random, namespace: 'shop', name: 'podinfo' });
  const started = live.start(new AbortController().signal);
  await clock.advance(10);
  await started;
  const view = live.view() ?? assert.fail();
  await live.stop();
  const style = { width: 120, height: 50, color: false, ascii: true } as never;
  const tree = renderTree(view, { style, now: clock.now() }).join('\n');
  return view.workloads.map(({ kind, name, role, ready, wanted, waiting, images }) => {
    assert.match(tree, new RegExp(`${name} +${kind} +.* ${role} ${ready}/${wanted}`));
    return [`${kind} ${name} ${role} ${ready}/${wanted} ${images.map((image) => image.replace(/@.*/, ''))}`, waiting]
      .filter((part) => part !== undefined)
      .join(': ');
  });
};

test('the sides of a DaemonSet are shown with the nodes that they are ready on', async (t) => {
  const world = await takenOverOnNodes(t, { target: aDaemonSet('podinfo:6.0.0', { spec: SURGE }) });
  assert.deepEqual(await shown(world), ['DaemonSet podinfo-primary primary 3/3 podinfo:6.0.0']);
  world.apply(aDaemonSet('podinfo:6.9.1-crashing', { spec: SURGE }));
  await world.clock.until(() => world.canary().run?.stage === 'scaling', 10_000);
  await world.clock.advance(20);
  assert.deepEqual(await shown(world), [
    'DaemonSet podinfo-primary primary 3/3 podinfo:6.0.0',
    'DaemonSet podinfo-canary canary 0/3 podinfo:6.9.1-crashing: ready on 0 of 3 nodes',
  ]);
});

test('the sides of a Service are shown with the endpoints that they lead to', async (t) => {
  const world = await takenOverService(t);
  assert.deepEqual(await shown(world), ['Service podinfo-primary primary 2/2 podinfo:6.0.0']);
  world.apply(aWish('6.1.0'));
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  assert.deepEqual(await shown(world), [
    'Service podinfo-primary primary 2/2 podinfo:6.0.0',
    'Service podinfo-canary canary 2/2 podinfo:6.1.0',
  ]);
  world.apply(aWish('7.0.0'));
  await world.clock.until(() => world.canary().run?.id.endsWith('-2') === true, 60_000);
  await world.clock.advance(100);
  assert.deepEqual(await shown(world), [
    'Service podinfo-primary primary 2/2 podinfo:6.0.0',
    'Service podinfo-canary canary 0/1 : no pod carries app=podinfo,version=7.0.0',
  ]);
});
