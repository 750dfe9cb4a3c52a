import { after, before, describe } from 'node:test';
import { type ACluster, openCluster } from './world/a-cluster.ts';
import { SERIN_NAMESPACE } from './world/deploy.ts';
import { publish } from './world/images.ts';
import { installSerinPods } from './world/serin-pods.ts';
import { strategyImages, strategyStories } from './world/strategy-stories.ts';
import type { Users } from './world/users.ts';

describe('every strategy through Traefik', () => {
  const cluster = Promise.withResolvers<ACluster>();
  const started: Users[] = [];

  before(async () => {
    const opened = await openCluster();
    publish(opened.rig, strategyImages());
    await installSerinPods(opened, { folder: 'deploy/kustomize', namespace: SERIN_NAMESPACE });
    cluster.resolve(opened);
  });

  after(async () => {
    for (const users of started) await users.stop();
    await (await cluster.promise).close();
  });

  describe('on two planes at once', { concurrency: true }, () => {
    for (const plane of ['HTTPRoute', 'Ingress'] as const) {
      strategyStories(plane, { cluster: cluster.promise, started });
    }
  });
});
