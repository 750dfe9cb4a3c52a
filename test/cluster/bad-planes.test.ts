// What Serin says of mistakes on Istio, App Mesh and Gloo Edge, asked of a real API server with the planes' own CRDs:
// each is held, told with what would be right, and over as soon as it is mended. Nobody who is served notices.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { RESOURCES } from '#src/kube/resources.ts';
import { stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { AwsAnswer } from '#src/sandbox/gateway/app-mesh/aws-answer.ts';
import type { Owner } from '#test/harness/release.ts';
import { verified } from '#test/planes/verified.ts';
import { APP, type BadPlace, badPlace, type Surroundings } from './bad-planes/bad-place.ts';
import { ADOPTED, MISTAKES, type Mistake, virtualService } from './bad-planes/mistakes.ts';
import { POLICY_LABELS, REFUSED, REFUSING_POLICY, refusing, weightsOf } from './bad-planes/refusing.ts';
import { playAppMesh, untilMeshIsEmpty } from './planes/app-mesh.ts';
import type { PlayedPlane } from './planes/control-plane.ts';
import { playGloo } from './planes/gloo.ts';
import { startWebhook } from './planes/webhook.ts';
import { apply, kubectl } from './rig/kubectl.ts';
import { ADDRESS, PORTS } from './rig/rig.ts';
import { type ACluster, openCluster } from './world/a-cluster.ts';
import { assertNoneFailed, counted } from './world/counted.ts';
import { SERIN_NAMESPACE } from './world/deploy.ts';
import { serveGoodNews } from './world/good-news.ts';
import { publish } from './world/images.ts';
import { glooApp, MESH_LABELS, meshApp, type PlaneApp } from './world/plane-app.ts';
import { storyImages } from './world/release-stories.ts';
import { installSerinPods } from './world/serin-pods.ts';
import { until } from './world/until.ts';
import { startUsersAt, type Users } from './world/users.ts';

const RATES = { quick: 10, slow: 1 };
const PRIMARY = { apiVersion: 'apps/v1', kind: 'Deployment', name: `${APP}-primary` };
const ISTIO_ROUTE = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', name: APP };
const ROUTER = { apiVersion: 'appmesh.k8s.aws/v1beta2', kind: 'VirtualRouter', name: APP };
const ROUTE_TABLE = { apiVersion: 'gateway.solo.io/v1', kind: 'RouteTable', name: APP };
const REFUSAL = new RegExp(`weight ${REFUSED}: want a multiple of 20`);
const UNWELCOME = 10;
const REJECTION = 'no such plugin';

describe('mistakes on Istio, App Mesh and Gloo', () => {
  let cluster: ACluster;
  let news: Awaited<ReturnType<typeof serveGoodNews>>;
  let webhook: Awaited<ReturnType<typeof startWebhook>>;
  const played: PlayedPlane[] = [];
  /** Namespaces of which AWS has VirtualRouters with one weight inactive, and of which Gloo rejects such RouteTables. */
  const inactive = new Set<string>();
  const rejected = new Set<string>();

  before(async () => {
    cluster = await openCluster();
    const { rig } = cluster;
    publish(rig, storyImages());
    await installSerinPods(cluster, { folder: 'deploy/kustomize', namespace: SERIN_NAMESPACE });
    news = await serveGoodNews(ADDRESS);
    const isAmong = (unwelcome: ReadonlySet<string>, object: KubeObject): boolean =>
      unwelcome.has(object.metadata.namespace ?? '') && weightsOf(object).includes(UNWELCOME);
    const askAws = (object: KubeObject): AwsAnswer => ({ type: isAmong(inactive, object) ? 'inactive' : 'active' });
    played.push(await playAppMesh(rig, { askAws }));
    played.push(await playGloo(rig, { ask: (object) => (isAmong(rejected, object) ? REJECTION : undefined) }));
    webhook = await startWebhook(rig, {
      port: PORTS.refusingWebhook,
      resources: [RESOURCES.virtualService, RESOURCES.virtualRouter],
      rules: {
        'VirtualService.networking.istio.io': refusing('istio-refused', 400),
        'VirtualRouter.appmesh.k8s.aws': refusing('mesh-refused', 403),
      },
    });
    await apply(rig, REFUSING_POLICY);
  });

  after(async () => {
    const { rig } = cluster;
    await kubectl(rig, ['delete', 'mesh.appmesh.k8s.aws', '--all', '--wait=false']);
    await untilMeshIsEmpty(cluster.client);
    await webhook.stop();
    for (const plane of played) await plane.stop();
    for (const kind of ['validatingadmissionpolicybinding', 'validatingadmissionpolicy']) {
      await kubectl(rig, ['delete', kind, 'no-such-weight', '--ignore-not-found']);
    }
    news.close();
    await cluster.close();
  });

  /** It goes when its test ends. */
  const place = (owner: Owner, around: Surroundings): Promise<BadPlace> => {
    owner.after(async () => {
      await kubectl(cluster.rig, ['delete', 'namespace', around.namespace, '--wait=false']);
    });
    const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
    const analysis = { interval: '1s', threshold: 1, stepWeights: [UNWELCOME, REFUSED], metrics };
    const spec = { ...around.spec, metricsServer: news.url, progressDeadlineSeconds: 60, analysis };
    return badPlace(cluster, { ...around, spec });
  };
  const weights = async (of: BadPlace, route: typeof ROUTER): Promise<readonly (number | undefined)[]> => {
    const found = await of.read(route);
    return found === undefined ? [] : weightsOf(found);
  };

  const keepsFromTakeOver = async (
    owner: Owner,
    { namespace, mistake }: { readonly namespace: string; readonly mistake: Mistake },
  ): Promise<void> => {
    const { objects = () => [], words, mend, reason = 'InvalidSpec', isLate = false, ...around } = mistake;
    const here = await place(owner, { namespace, ...around, objects: objects(namespace) });
    await here.stalled(reason, words);
    if (!isLate) assert.equal(await here.read(PRIMARY), undefined, 'nothing was touched');
    assert.equal(await here.told(reason, words), 1);
    await mend(here);
    await here.initialized();
    await here.mended();
  };

  /** Taken over on a plane with an Envoy, with users who go on until the test ends. */
  const served = async (owner: Owner, of: PlaneApp, around: Omit<Surroundings, 'namespace' | 'spec'> = {}) => {
    const { namespace, objects, spec } = of;
    const here = await place(owner, { namespace, spec, ...around, objects: objects.slice(1) });
    await here.initialized();
    const users = startUsersAt(of.web, { host: of.host, rates: RATES });
    owner.after(users.stop);
    await until('users who are served', () => users.quick.snapshot().versions['6.0.0'] !== undefined);
    return { here, users };
  };
  /** Does the work, and asserts that no user has noticed, and that these versions alone have answered. */
  const unnoticed = async (users: Users, work: () => Promise<void>, versions = ['6.0.0']): Promise<void> => {
    const count = await counted(users, work).finally(() => users.stop());
    assertNoneFailed(users, count);
    assert.deepEqual(Object.keys(count.quick.versions).sort(), versions);
  };

  describe('all at once', { concurrency: true }, () => {
    for (const [namespace, mistake] of Object.entries(MISTAKES)) {
      test(`${namespace}: nothing is touched, and it is taken over when it is mended`, (t) =>
        keepsFromTakeOver(t, { namespace, mistake }));
    }

    test('Istio: a weight that a webhook refuses leaves the last one, and a run can be withdrawn', async (t) => {
      const namespace = 'istio-refused';
      const objects = [virtualService(namespace, { to: { host: APP } })];
      const here = await place(t, { namespace, objects, spec: ADOPTED });
      await here.initialized();
      await here.bump('6.1.0');
      await here.stalled('Held', REFUSAL);
      assert.deepEqual(await weights(here, ISTIO_ROUTE), [90, 10]);
      assert.equal(await here.told('Held', REFUSAL), 1);
      await here.bump('6.0.0');
      assert.equal((await here.ended('6.1.0')).outcome, 'Withdrawn');
      assert.deepEqual(await weights(here, ISTIO_ROUTE), [100, 0]);
      await here.mended();
    });

    test('App Mesh: a weight that its webhook refuses ends in a rollback, which it takes', async (t) => {
      const { here, users } = await served(t, meshApp('mesh-refused'), { labels: MESH_LABELS, port: 9898 });
      await unnoticed(users, async () => {
        await here.bump('6.1.0');
        await here.stalled('AccessDenied', REFUSAL);
        assert.deepEqual(await weights(here, ROUTER), [90, 10]);
        await here.change({ progressDeadlineSeconds: 5 });
        const { outcome, cause } = await here.ended('6.1.0');
        assert.deepEqual([outcome, cause], ['RolledBack', 'RouteNotObserved']);
        assert.deepEqual(await weights(here, ROUTER), [100, 0]);
        // The Deployment still asks for it: that is told instead.
        await here.stalled('RolledBack', /the route was not accepted within 5 s/);
        await here.bump('6.0.0');
        await here.mended();
      }, ['6.0.0', '6.1.0']);
    });

    test('Gloo: a weight that a policy refuses is written when the policy is gone', async (t) => {
      const { here, users } = await served(t, glooApp('gloo-refused'), { labels: POLICY_LABELS });
      await unnoticed(users, async () => {
        await here.bump('6.1.0');
        await here.stalled('Held', REFUSAL);
        assert.deepEqual(await weights(here, ROUTE_TABLE), [90, 10]);
        await here.kubectl('label', 'namespace', here.namespace, 'policy-');
        assert.equal((await here.ended('6.1.0')).outcome, 'Promoted');
        await here.mended();
      }, ['6.0.0', '6.1.0']);
    });

    test('App Mesh: a router that never becomes active gets the run rolled back, and the next one passes', async (t) => {
      const { here, users } = await served(t, meshApp('mesh-inactive'), { labels: MESH_LABELS, port: 9898 });
      await unnoticed(users, async () => {
        inactive.add(here.namespace);
        await here.bump('6.1.0');
        await until('a weight that is not taken', async () => (await weights(here, ROUTER)).includes(10));
        await here.change({ progressDeadlineSeconds: 5 });
        const { outcome, cause, sentence } = await here.ended('6.1.0');
        assert.deepEqual([outcome, cause], ['RolledBack', 'RouteNotObserved']);
        assert.match(sentence, /not accepted within 5 s: VirtualRouter \S+: VirtualRouterActive is False/);
      });
      inactive.delete(here.namespace);
      await here.change({ progressDeadlineSeconds: 60 });
      await here.bump('6.3.0');
      assert.equal((await here.ended('6.3.0')).outcome, 'Promoted');
    });

    test('Gloo: a RouteTable that is rejected holds the run with its words, until Gloo takes it', async (t) => {
      const { here, users } = await served(t, glooApp('gloo-rejected'));
      const words = new RegExp(`^The route is not accepted: RouteTable \\S+: Rejected: [^]*${REJECTION}`);
      await unnoticed(users, async () => {
        rejected.add(here.namespace);
        await here.bump('6.1.0');
        await here.stalled('Held', words);
        assert.equal(await here.told('RouteNotAccepted', new RegExp(REJECTION)), 1);
      });
      rejected.delete(here.namespace);
      // Gloo looks at everything again when anything has changed.
      await here.kubectl('label', 'upstreams.gloo.solo.io', APP, 'touched=yes');
      assert.equal((await here.ended('6.1.0')).outcome, 'Promoted');
      verified({ plane: 'gloo', feature: 'acceptance by status', way: 'real data plane' });
    });

    test("Istio: an error of istiod's analysis holds the run with its words, until it is gone", async (t) => {
      const namespace = 'istio-analysis';
      const objects = [virtualService(namespace, { to: { host: APP } })];
      const here = await place(t, { namespace, objects, spec: ADOPTED });
      await here.initialized();
      const say = async (validationMessages: readonly unknown[]): Promise<void> => {
        const observedGeneration = (await here.read(ISTIO_ROUTE))?.metadata.generation;
        const status = JSON.stringify({ status: { observedGeneration, validationMessages } });
        const route = ['virtualservices.networking.istio.io', APP];
        await here.kubectl('patch', ...route, '--subresource=status', '--type=merge', '-p', status);
      };
      // The words must be there before the step is over.
      await here.change({ analysis: { interval: '60s' } });
      await here.bump('6.1.0');
      await until('traffic to the canary', async () => (await weights(here, ISTIO_ROUTE)).includes(10));
      await say([{ level: 'ERROR', type: { code: 'IST0101', name: 'ReferencedResourceNotFound' } }]);
      await here.stalled('Held', /VirtualService \S+: IST0101 ReferencedResourceNotFound/);
      await here.change({ analysis: { interval: '1s' } });
      await say([]);
      assert.equal((await here.ended('6.1.0')).outcome, 'Promoted');
      verified({ plane: 'istio', feature: 'acceptance by status', way: 'real API server' });
    });
  });

  test('the planes were played without a mistake of their own', () => {
    const words = played.flatMap(({ errors }) => errors.map((error) => stringAt(error, 'message') ?? String(error)));
    assert.deepEqual(words, []);
  });
});
