// Autoscalers and disruption budgets on a real control plane: its own HorizontalPodAutoscaler controller, fed with what
// the pods really answer, and its own eviction API.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type CanaryStatus, parseCanaryStatus } from '#src/api/canary-status.ts';
import { at, listAt, numberAt, recordAt, stringAt } from '#src/lib/json.ts';
import { apply, kubectl } from './rig/kubectl.ts';
import { type ACluster, openCluster } from './world/a-cluster.ts';
import { assertNoneFailed, counted } from './world/counted.ts';
import { SERIN_NAMESPACE } from './world/deploy.ts';
import { publish } from './world/images.ts';
import { imageOf, placeOf } from './world/place.ts';
import { report } from './world/report.ts';
import { serveResourceMetrics } from './world/resource-metrics.ts';
import {
  budgetOf,
  cpuAutoscaler,
  type ScaledApp,
  scaledApp,
  scaledCanary,
  scaledDeployment,
  scaledObjectCrd,
  scaledObjectOf,
  serviceAndRoute,
} from './world/scaled-app.ts';
import { installSerinPods } from './world/serin-pods.ts';
import { until } from './world/until.ts';
import { startUsers, type Users } from './world/users.ts';

const PLACE = placeOf({ namespace: 'scaled', plane: 'HTTPRoute' });
const HPA = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' } as const;
const autoscalerRef = { ...HPA, name: PLACE.app };
const MINUTES = 60_000;
const BUDGET = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' } as const;
const PAUSED_AT = 'autoscaling.keda.sh/paused-replicas';

describe('autoscalers and disruption budgets', () => {
  let cluster: ACluster;
  let metrics: { readonly stop: () => Promise<void> };
  let users: Users;
  let app: ScaledApp;

  before(async () => {
    cluster = await openCluster();
    publish(cluster.rig, {
      [imageOf(PLACE, '1.0.0')]: {},
      [imageOf(PLACE, '1.1.0')]: {},
      [imageOf(PLACE, '1.2.0')]: { errorRate: 0.5 },
    });
    await installSerinPods(cluster, { folder: 'deploy/kustomize', namespace: SERIN_NAMESPACE });
    await apply(cluster.rig, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: PLACE.namespace } }]);
    metrics = await serveResourceMetrics(cluster, PLACE.namespace);
    await apply(cluster.rig, [scaledDeployment(PLACE, '1.0.0'), cpuAutoscaler(PLACE)]);
    await kubectl(cluster.rig, ['apply', '--server-side', '-f', '-'], { input: serviceAndRoute(PLACE) });
    app = scaledApp(cluster, PLACE);
    users = startUsers(PLACE, { quick: 30, slow: 1 });
  });

  after(async () => {
    await users.stop();
    await metrics.stop();
    await cluster.close();
  });

  const canary = async (): Promise<CanaryStatus> =>
    parseCanaryStatus(
      (await app.read({ apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', name: PLACE.app }))?.['status'],
    );
  const primaryHpa = () => app.read({ ...HPA, name: `${PLACE.app}-primary` });
  const minOfPrimary = async (): Promise<number | undefined> => numberAt(await primaryHpa(), 'spec', 'minReplicas');
  const release = (version: string): Promise<unknown> => apply(cluster.rig, [scaledDeployment(PLACE, version)]);

  /** Looks at the pods a few times a second until `done`; gives the fewest that the primary asked for. */
  const watched = async (
    done: () => Promise<boolean>,
    look: (weight: number, canaryReady: number) => void = () => {},
  ): Promise<number> => {
    let fewest = Number.POSITIVE_INFINITY;
    const end = performance.now() + 4 * MINUTES;
    while (!(await done())) {
      assert.ok(performance.now() < end, 'in time');
      const weight = await app.weight();
      const [primary, side] = [await app.size(`${PLACE.app}-primary`), await app.size(`${PLACE.app}-canary`)];
      if (primary.wanted >= 0) fewest = Math.min(fewest, primary.wanted);
      look(weight, side.ready);
      await setTimeout(200);
    }
    return fewest;
  };
  let size = 0;

  test('a target is taken over at the size that its autoscaler has given it', async () => {
    size = await until(
      'six pods for thirty requests a second',
      async () => {
        const { wanted, ready } = await app.size(PLACE.app);
        return wanted >= 5 && ready === wanted && wanted;
      },
      3 * MINUTES,
    );
    await until('answers', () => users.quick.snapshot().versions['1.0.0'] !== undefined);
    const seen = await counted(users, async () => {
      await apply(cluster.rig, [scaledCanary(PLACE, { autoscalerRef })]);
      await until('take-over', async () => (await canary()).phase === 'Initialized');
      assert.ok((await app.size(`${PLACE.app}-primary`)).ready >= size);
      assert.equal(await minOfPrimary(), (await canary()).floor?.replicas);
      // A look of the real autoscalers at both.
      await setTimeout(20_000);
    });
    assertNoneFailed(users, seen);
    assert.equal((await app.size(PLACE.app)).wanted, 0);
    const own = await app.read({ ...HPA, name: PLACE.app });
    const active = listAt(own, 'status', 'conditions').find((one) => stringAt(one, 'type') === 'ScalingActive');
    assert.equal(stringAt(active, 'reason'), 'ScalingDisabled');
    assert.deepEqual([at(own, 'spec', 'minReplicas'), at(own, 'spec', 'maxReplicas')], [2, 12]);
  });

  test('what is changed in the autoscaler is the primary’s at once, and who changes the primary’s is told', async () => {
    await apply(cluster.rig, [cpuAutoscaler(PLACE, { maxReplicas: 14 })]);
    await until('the new bound', async () => at(await primaryHpa(), 'spec', 'maxReplicas') === 14, 5000);
    const patch = JSON.stringify({ spec: { maxReplicas: 13 } });
    await kubectl(cluster.rig, [
      '-n',
      PLACE.namespace,
      'patch',
      'hpa',
      `${PLACE.app}-primary`,
      '--type=merge',
      '-p',
      patch,
    ]);
    await until('the old bound again', async () => at(await primaryHpa(), 'spec', 'maxReplicas') === 14, 5000);
    await until('words', async () => {
      const args = ['-n', PLACE.namespace, 'get', 'events.events.k8s.io', '-o', 'jsonpath={.items[*].note}'];
      return (await kubectl(cluster.rig, args)).includes(
        `kubectl-patch changed HorizontalPodAutoscaler ${PLACE.app}-primary`,
      );
    });
  });

  for (const [version, outcome] of [
    ['1.1.0', 'Promoted'],
    ['1.2.0', 'RolledBack'],
  ] as const) {
    test(`${version} is ${outcome}: the primary keeps pods for all traffic, the replicas stay its autoscaler's`, async () => {
      const begun = (await app.size(`${PLACE.app}-primary`)).wanted;
      let short = 0;
      const seen = await counted(users, async () => {
        await release(version);
        await until('the run', async () => (await canary()).run !== undefined);
        return watched(
          async () => (await canary()).run === undefined,
          (weight, ready) => {
            if (ready < Math.ceil((weight * begun) / 100)) short++;
          },
        );
      });
      const [last] = (await canary()).history;
      assert.equal(last?.outcome, outcome, last?.sentence);
      assert.ok(seen.result >= begun, `the primary asked for ${seen.result} of ${begun} pods`);
      assert.equal(short, 0, 'the canary always had the ready pods that its share needs');
      if (outcome === 'Promoted') assertNoneFailed(users, seen);
      const primary = await app.read({ apiVersion: 'apps/v1', kind: 'Deployment', name: `${PLACE.app}-primary` });
      const owners = (primary?.metadata.managedFields ?? [])
        .filter(({ fieldsV1 }) => at(fieldsV1, 'f:spec', 'f:replicas') !== undefined)
        .map(({ manager }) => manager);
      report('Releases with an autoscaler that has no patience', {
        columns: ['version', 'outcome', 'fewest pods of the primary', 'at its begin', 'requests', 'failed'],
        rows: [[version, outcome, seen.result, begun, seen.quick.requests, seen.quick.failures].map(String)],
      });
      assert.ok(owners.length === 1, String(owners));
    });
  }

  test('evictions go by the budget of the application, and a second one would stop them all', async () => {
    const primary = `app=${PLACE.app},serin.dev/role=primary`;
    await until('the canary to be gone', async () => (await app.pods('serin.dev/role=canary')).length === 0);
    const ready = await app.pods(primary);
    await apply(cluster.rig, [budgetOf(PLACE, { minAvailable: ready.length - 1 })]);
    const pods = await until('one that may go', async () => (await app.allowed(PLACE.app)) === 1 && app.pods(primary));
    assert.equal(await app.read({ ...BUDGET, name: `${PLACE.app}-primary` }), undefined);
    const answers = (await Promise.all(pods.slice(0, 2).map(app.evict))).sort();
    assert.equal(answers[0], '201');
    assert.match(answers[1] ?? '', /violate the pod's disruption budget/);
    const second = { minAvailable: 1, selector: { matchLabels: { 'serin.dev/role': 'primary' } } };
    await apply(cluster.rig, [budgetOf(PLACE, second, 'second')]);
    await until('the second budget', async () => ((await app.allowed('second')) ?? 0) > 0);
    const [pod = ''] = await app.pods(primary);
    assert.match(await app.evict(pod), /more than one PodDisruptionBudget/);
    await kubectl(cluster.rig, ['-n', PLACE.namespace, 'delete', 'pdb', '--all']);
  });

  test('a primary in Flagger’s shape has a budget of its own, by which it is evicted', async () => {
    const other = placeOf({ namespace: 'flaggers', plane: 'HTTPRoute' });
    const theirs = scaledApp(cluster, other);
    publish(cluster.rig, { [imageOf(other, '1.0.0')]: {} });
    await apply(cluster.rig, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: other.namespace } }]);
    const target = scaledDeployment(other, '1.0.0');
    const primary = scaledDeployment({ ...other, app: `${other.app}-primary` }, '1.0.0');
    // The pods of the target, as Flagger has made the primary: there is nothing to release.
    const labels = recordAt(primary, 'spec', 'template', 'metadata');
    const template = { metadata: labels, spec: recordAt(target, 'spec', 'template', 'spec') };
    const spec = { ...recordAt(primary, 'spec'), replicas: 2, template };
    await apply(cluster.rig, [target, { ...primary, spec }, budgetOf(other, { minAvailable: 1 })]);
    await kubectl(cluster.rig, ['apply', '--server-side', '-f', '-'], { input: serviceAndRoute(other) });
    await apply(cluster.rig, [scaledCanary(other)]);
    const status = async () =>
      parseCanaryStatus(
        (await theirs.read({ apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', name: other.app }))?.['status'],
      );
    let seen = await status();
    await until(
      () =>
        `take-over: ${seen.conditions.map(({ type, reason, message }) => `${type} ${reason} ${message}`).join('; ')}`,
      async () => {
        seen = await status();
        return seen.phase === 'Initialized';
      },
    );
    const name = `${other.app}-primary`;
    const made = await theirs.read({ ...BUDGET, name });
    assert.deepEqual(at(made, 'spec', 'selector'), { matchLabels: { app: name } });
    const pods = await until('two pods that its budget counts', async () => {
      const ready = await theirs.pods(`app=${name}`);
      return (await theirs.allowed(name)) === 1 && ready.length === 2 && ready;
    });
    const answers = (await Promise.all(pods.map(theirs.evict))).sort();
    assert.equal(answers[0], '201');
    assert.match(answers[1] ?? '', /violate the pod's disruption budget/);
    await kubectl(cluster.rig, ['-n', other.namespace, 'delete', 'canary', other.app, '--timeout=60s']);
    assert.equal(await theirs.read({ ...BUDGET, name }), undefined);
  });

  test('a ScaledObject is paused with the target at 0, and given back as it was', async () => {
    const other = placeOf({ namespace: 'keda', plane: 'HTTPRoute', replicas: 2 });
    const theirs = scaledApp(cluster, other);
    publish(cluster.rig, { [imageOf(other, '1.0.0')]: {} });
    await apply(cluster.rig, [scaledObjectCrd, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'keda' } }]);
    await kubectl(cluster.rig, ['wait', '--for=condition=Established', 'crd/scaledobjects.keda.sh', '--timeout=30s']);
    const target = scaledDeployment(other, '1.0.0');
    await apply(cluster.rig, [
      { ...target, spec: { ...recordAt(target, 'spec'), replicas: 2 } },
      scaledObjectOf(other),
    ]);
    await kubectl(cluster.rig, ['apply', '--server-side', '-f', '-'], { input: serviceAndRoute(other) });
    const scaledBy = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: other.app } as const;
    const before = await theirs.read(scaledBy);
    await apply(cluster.rig, [scaledCanary(other, { autoscalerRef: scaledBy })]);
    const paused = async () => (await theirs.read(scaledBy))?.metadata.annotations?.[PAUSED_AT];
    await until('the pause', async () => (await paused()) === '0');
    await until('the target at 0', async () => (await theirs.size(other.app)).wanted === 0);
    const primarys = await theirs.read({ ...scaledBy, name: `${other.app}-primary` });
    assert.deepEqual(at(primarys, 'spec', 'scaleTargetRef'), { name: `${other.app}-primary` });
    assert.equal(
      at(listAt(primarys, 'spec', 'triggers')[0], 'metadata', 'query'),
      `sum(rate(http_requests_total{app="${other.app}-primary"}[1m]))`,
    );
    await kubectl(cluster.rig, ['-n', other.namespace, 'delete', 'canary', other.app, '--timeout=60s']);
    const given = await theirs.read(scaledBy);
    assert.deepEqual([given?.['spec'], given?.metadata.annotations], [before?.['spec'], before?.metadata.annotations]);
    assert.equal(await theirs.read({ ...scaledBy, name: `${other.app}-primary` }), undefined);
    assert.deepEqual(await theirs.size(other.app), { wanted: 2, ready: 2 });
  });

  test('spread and affinity with everything that stands in them are taken for both sides', async () => {
    const selector = { matchLabels: { app: PLACE.app } };
    const pod = {
      topologySpreadConstraints: [
        {
          maxSkew: 5,
          minDomains: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: selector,
          matchLabelKeys: ['pod-template-hash'],
        },
      ],
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 1,
              podAffinityTerm: {
                topologyKey: 'kubernetes.io/hostname',
                labelSelector: selector,
                matchLabelKeys: ['pod-template-hash'],
              },
            },
            {
              weight: 1,
              podAffinityTerm: {
                topologyKey: 'kubernetes.io/hostname',
                labelSelector: selector,
                namespaceSelector: { matchLabels: { tier: 'web' } },
              },
            },
          ],
        },
      },
    };
    await apply(cluster.rig, [scaledDeployment(PLACE, '1.1.0', pod)]);
    await until('the run', async () => (await canary()).run !== undefined);
    await watched(async () => (await canary()).run === undefined);
    const [last] = (await canary()).history;
    assert.equal(last?.outcome, 'Promoted', last?.sentence);
    const primary = await app.read({ apiVersion: 'apps/v1', kind: 'Deployment', name: `${PLACE.app}-primary` });
    const spec = recordAt(primary, 'spec', 'template', 'spec');
    assert.deepEqual(at(listAt(spec, 'topologySpreadConstraints')[0], 'labelSelector', 'matchLabels'), {
      app: PLACE.app,
      'serin.dev/role': 'primary',
    });
    const terms = listAt(spec, 'affinity', 'podAntiAffinity', 'preferredDuringSchedulingIgnoredDuringExecution');
    assert.deepEqual(
      terms.map((term) => at(term, 'podAffinityTerm', 'labelSelector', 'matchLabels', 'serin.dev/role')),
      ['primary', undefined],
    );
  });

  test('the target is given back at the size of the primary, and scales by itself again', async () => {
    const seen = await counted(users, async () => {
      const { wanted } = await app.size(`${PLACE.app}-primary`);
      await kubectl(cluster.rig, ['-n', PLACE.namespace, 'delete', 'canary', PLACE.app, '--timeout=120s']);
      return wanted;
    });
    assertNoneFailed(users, seen);
    assert.equal(await primaryHpa(), undefined);
    const given = await app.size(PLACE.app);
    assert.ok(given.ready >= Math.min(seen.result, 5), `${given.ready} of ${seen.result} pods`);
    await until('the target to scale by itself', async () => {
      const own = await app.read({ ...HPA, name: PLACE.app });
      const active = listAt(own, 'status', 'conditions').find((one) => stringAt(one, 'type') === 'ScalingActive');
      return stringAt(active, 'status') === 'True';
    });
  });
});
