import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { RESOURCES } from '#src/kube/resources.ts';
import { listAt, stringAt } from '#src/lib/json.ts';
import { verified } from '#test/planes/verified.ts';
import { ADDRESS, PORTS } from './rig/rig.ts';
import { type ACluster, openCluster } from './world/a-cluster.ts';
import { applyFolder, SERIN_NAMESPACE } from './world/deploy.ts';
import { publish } from './world/images.ts';
import type { Plane } from './world/place.ts';
import { releaseStories, storyImages, type Told } from './world/release-stories.ts';
import { installSerinPods } from './world/serin-pods.ts';
import { startCallers } from './world/users.ts';

const RATES = { quick: 50, slow: 3 };
const MESH_RATES = { quick: 20, slow: 1 };

describe('releases by commits, through Flux, istiod and Envoy', () => {
  const cluster = Promise.withResolvers<ACluster>();
  const teams = new Map<Plane, Told>();

  before(async () => {
    const opened = await openCluster();
    await applyFolder(opened.rig, 'deploy/admission');
    publish(opened.rig, storyImages());
    const istiod = `http://${ADDRESS}:${PORTS.istiod}`;
    await installSerinPods(opened, { folder: 'deploy/kustomize', namespace: SERIN_NAMESPACE, istiod });
    cluster.resolve(opened);
  });

  after(async () => {
    const { close } = await cluster.promise;
    for (const { team, users, callers } of teams.values()) {
      await users.stop();
      await callers?.stop();
      await team.close();
    }
    await close();
  });

  releaseStories('VirtualService', {
    cluster: cluster.promise,
    teams,
    rates: RATES,
    startCallers: async (place) => startCallers((await cluster.promise).rig, { place, rates: MESH_RATES }),
  });

  test('the weights of the good releases were judged when the proxies had taken them', async () => {
    const { team } = teams.get('VirtualService') ?? assert.fail();
    const { client } = await cluster.promise;
    const { items } = await client.list(RESOURCES.canaryRun, { namespace: team.place.namespace });
    const levels = items
      .filter((run) => stringAt(run, 'spec', 'outcome') === 'Promoted')
      .flatMap((run) => listAt(run, 'spec', 'steps').map((step) => stringAt(step, 'level')));
    assert.ok(levels.length >= 9, `${levels.length} steps only`);
    assert.deepEqual(new Set(levels), new Set(['programmed']));
    verified({ plane: 'istio', feature: 'proof by the proxies', way: 'real data plane' });
  });
});
