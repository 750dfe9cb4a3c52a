import { after, before, describe } from 'node:test';
import { type ACluster, openCluster } from './world/a-cluster.ts';
import { applyFolder, SERIN_NAMESPACE } from './world/deploy.ts';
import { publish } from './world/images.ts';
import { installSerinPods } from './world/serin-pods.ts';
import { TARGET_KINDS, targetImages, targetStories } from './world/target-stories.ts';
import type { Users } from './world/users.ts';

describe('every kind of target through Traefik', () => {
  const cluster = Promise.withResolvers<ACluster>();
  const started: Users[] = [];

  before(async () => {
    const opened = await openCluster();
    await applyFolder(opened.rig, 'deploy/admission');
    publish(opened.rig, targetImages());
    await installSerinPods(opened, { folder: 'deploy/kustomize', namespace: SERIN_NAMESPACE });
    cluster.resolve(opened);
  });

  after(async () => {
    for (const users of started) await users.stop();
    await (await cluster.promise).close();
  });

  describe('at once', { concurrency: true }, () => {
    for (const kind of TARGET_KINDS) targetStories(kind, { cluster: cluster.promise, started });
  });
});
