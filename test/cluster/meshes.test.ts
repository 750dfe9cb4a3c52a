// App Mesh and Gloo Edge, whose controllers cannot be had: played at the real API server under the planes' own CRDs. A
// real Envoy, configured from the objects, splits the requests.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { playAppMesh, untilMeshIsEmpty } from './planes/app-mesh.ts';
import type { PlayedPlane } from './planes/control-plane.ts';
import { playGloo } from './planes/gloo.ts';
import { type ACluster, openCluster } from './world/a-cluster.ts';
import { SERIN_NAMESPACE } from './world/deploy.ts';
import { publish } from './world/images.ts';
import { glooApp, meshApp } from './world/plane-app.ts';
import { planeStories } from './world/plane-stories.ts';
import { storyImages } from './world/release-stories.ts';
import { installSerinPods } from './world/serin-pods.ts';

const RATES = { quick: 50, slow: 3 };

describe('releases in a mesh and behind Gloo, through Envoys', () => {
  const cluster = Promise.withResolvers<ACluster>();
  const played: PlayedPlane[] = [];

  before(async () => {
    const opened = await openCluster();
    publish(opened.rig, storyImages());
    await installSerinPods(opened, { folder: 'deploy/kustomize', namespace: SERIN_NAMESPACE });
    played.push(await playAppMesh(opened.rig), await playGloo(opened.rig));
    cluster.resolve(opened);
  });

  after(async () => {
    const { client, close } = await cluster.promise;
    await untilMeshIsEmpty(client);
    for (const plane of played) await plane.stop();
    await close();
  });

  describe('on both planes at once', { concurrency: true }, () => {
    planeStories(meshApp('in-mesh'), { cluster: cluster.promise, rates: RATES });
    planeStories(glooApp('behind-gloo'), { cluster: cluster.promise, rates: RATES });
  });

  test('the Envoys have taken every configuration, and the API server every status', () => {
    assert.deepEqual(
      played.flatMap(({ errors }) => errors),
      [],
    );
  });
});
