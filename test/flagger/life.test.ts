import assert from 'node:assert/strict';
import { test } from 'node:test';
import { originalRef, shadowRef } from '#src/flagger/shadow.ts';
import { at, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject, OwnerReference } from '#src/lib/kube-object.ts';
import { rbac } from '#src/sandbox/faults/rbac.ts';
import type { World } from '#test/harness/a-world.ts';
import { aCanary, aConfigMap, aDeployment } from '#test/harness/manifests.ts';
import { deployment, type Owner, push, serving } from '#test/harness/release.ts';
import { leftByFlagger } from './flagger-left.ts';
import { aFlagger, aFlaggerCanary, shop, withAnalysis } from './flagger-manifests.ts';
import { condition, invited, original, phase, runByFlagger } from './flagger-world.ts';

const KEY = { namespace: 'shop', name: 'podinfo' };
const LIMIT = 300_000;

const shadow = (world: World): KubeObject | undefined => world.read(shadowRef(KEY));
const podsOf = (world: World, app: string): readonly string[] =>
  world.cluster.api
    .list({ apiVersion: 'v1', kind: 'Pod' })
    .filter(({ metadata }) => metadata.labels?.['app'] === app)
    .map(({ metadata }) => metadata.name)
    .toSorted();
/** Image of a workload, without the digest that Serin pins it to. */
const image = (world: World, name: string): string | undefined =>
  stringAt(deployment(world, name), 'spec', 'template', 'spec', 'containers', 0, 'image')?.split('@', 1)[0];

/** Phases of the Canary, in order, until it has one. */
const phasesUntil = async (world: World, last: string): Promise<readonly string[]> => {
  const phases: string[] = [];
  await world.clock.until(() => {
    const now = phase(world) ?? '';
    if (phases.at(-1) !== now) phases.push(now);
    return now === last && phases.length > 1;
  }, LIMIT);
  return phases;
};

/** What Flagger leaves when it is scaled down: everything serves, and nobody runs it. */
const afterFlagger = async (t: Owner, options: Parameters<typeof leftByFlagger>[1] = {}): Promise<World> => {
  const world = await serving(t);
  world.apply(aFlaggerCanary());
  await leftByFlagger(world, options);
  return world;
};

test('a good release goes through Flagger’s phases, in its order', async (t) => {
  const world = await runByFlagger(t);
  assert.equal(condition(world, 'Promoted')?.['reason'], 'Initialized');
  push(world, 'podinfo:6.1.0');
  assert.deepEqual(await phasesUntil(world, 'Succeeded'), [
    'Initialized',
    'Progressing',
    'Promoting',
    'Finalising',
    'Succeeded',
  ]);
  assert.equal(condition(world, 'Promoted')?.['status'], 'True');
  assert.equal(image(world, 'podinfo-primary'), 'podinfo:6.1.0');
  assert.deepEqual(at(original(world), 'status', 'trackedConfigs'), {});
});

test('a bad release ends as Failed, with the weight at 0 and the words of the rollback', async (t) => {
  const world = await runByFlagger(t);
  push(world, 'podinfo:6.9.0-bad');
  assert.deepEqual(await phasesUntil(world, 'Failed'), ['Initialized', 'Progressing', 'Failed']);
  assert.deepEqual(
    [condition(world, 'Promoted')?.['status'], condition(world, 'Promoted')?.['reason']],
    ['False', 'Failed'],
  );
  assert.match(String(condition(world, 'Stalled')?.['message']), /request-success-rate/);
  assert.equal(at(original(world), 'status', 'canaryWeight'), 0);
  assert.equal(image(world, 'podinfo-primary'), 'podinfo:6.0.0');
});

test('events are told of the Canary that people have written', async (t) => {
  const world = await runByFlagger(t);
  await world.clock.advance(5_000);
  const told = world.cluster.api
    .list({ apiVersion: 'events.k8s.io/v1', kind: 'Event' })
    .map((event) => `${at(event, 'regarding', 'apiVersion')} ${at(event, 'regarding', 'uid')}`);
  assert.ok(told.length > 0);
  assert.deepEqual([...new Set(told)], [`flagger.app/v1beta1 ${original(world)?.metadata.uid}`]);
});

test('nothing is touched in a namespace without the label', async (t) => {
  const world = await serving(t);
  world.startController({ settings: { watchFlagger: true } });
  world.apply(aFlaggerCanary());
  await world.clock.advance(30_000);
  assert.equal(shadow(world), undefined);
  assert.equal(original(world)?.metadata.finalizers, undefined);
  assert.equal(original(world)?.['status'], undefined);
});

test('nothing is touched while a Flagger watches the namespace; when it is gone the Canary is run', async (t) => {
  const world = await invited(t);
  world.apply(aFlagger());
  await world.clock.advance(2_000);
  world.apply(aFlaggerCanary());
  await world.clock.advance(30_000);
  assert.equal(shadow(world), undefined);
  assert.equal(original(world)?.metadata.finalizers, undefined);
  assert.match(String(condition(world, 'Stalled')?.['message']), /Deployment flux-system\/flagger: it is a Flagger/);
  assert.equal(world.events().filter((event) => event.startsWith('Held')).length, 1);
  world.apply(aFlagger({ replicas: 0 }));
  await world.clock.until(() => phase(world) === 'Initialized', LIMIT);
  assert.equal(condition(world, 'Stalled'), undefined);
});

test('a serin.dev Canary of that name is told, and neither is touched', async (t) => {
  const world = await serving(t);
  world.startController({ settings: { watchFlagger: true } });
  world.apply(aCanary());
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  const before = shadow(world);
  world.apply(shop(true));
  world.apply(aFlaggerCanary());
  await world.clock.advance(30_000);
  assert.match(
    String(condition(world, 'Stalled')?.['message']),
    /Canary\.serin\.dev shop\/podinfo: it has the name that the shadow/,
  );
  assert.deepEqual(shadow(world), before);
  assert.equal(original(world)?.metadata.finalizers, undefined);
});

test('a Canary that cannot be run is told in its own fields, and run when it is mended', async (t) => {
  const world = await invited(t);
  world.apply(withAnalysis({ match: [{ headers: { a: { exact: 'b' } } }] }));
  await world.clock.advance(10_000);
  assert.equal(condition(world, 'Stalled')?.['reason'], 'InvalidSpec');
  assert.match(String(condition(world, 'Stalled')?.['message']), /^spec\.analysis\.match: .*set iterations/);
  assert.equal(shadow(world), undefined);
  world.replace({ ...aFlaggerCanary(), metadata: { ...original(world)?.metadata, ...aFlaggerCanary().metadata } });
  await world.clock.until(() => phase(world) === 'Initialized', LIMIT);
  // And broken again it goes on as it was, and says so.
  world.apply(withAnalysis({ interval: '10sec' }));
  await world.clock.until(() => condition(world, 'Stalled') !== undefined, LIMIT);
  assert.match(String(condition(world, 'Stalled')?.['message']), /^spec\.analysis\.interval: Found "10sec"/);
  assert.equal(at(shadow(world), 'spec', 'analysis', 'interval'), '10s');
});

test('a change of the Canary reaches its shadow, and what is removed is gone there too', async (t) => {
  const world = await runByFlagger(t);
  world.apply(withAnalysis({ threshold: 7 }, aFlaggerCanary({ progressDeadlineSeconds: 90 })));
  await world.clock.until(() => at(shadow(world), 'spec', 'analysis', 'threshold') === 7, LIMIT);
  assert.equal(at(shadow(world), 'spec', 'progressDeadlineSeconds'), 90);
  world.apply(withAnalysis({ maxWeight: undefined }));
  await world.clock.until(() => at(shadow(world), 'spec', 'analysis', 'maxWeight') === 100, LIMIT);
  assert.equal(at(shadow(world), 'spec', 'progressDeadlineSeconds'), 60);
});

test('what Flagger left is taken over: the same pods serve, no request is lost, and no run begins', async (t) => {
  const world = await afterFlagger(t);
  const [pods, lost] = [podsOf(world, 'podinfo-primary'), world.load.snapshot().failures];
  world.apply(shop(true));
  world.startController({ settings: { watchFlagger: true } });
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  await world.clock.advance(30_000);
  assert.deepEqual(podsOf(world, 'podinfo-primary'), pods);
  assert.equal(world.load.snapshot().failures, lost);
  assert.equal(world.canary().run, undefined);
  assert.deepEqual(world.canary().history, []);
  assert.equal(world.canary().stable?.revision, world.canary().desired?.revision);
  for (const kind of ['Deployment', 'Service', 'HTTPRoute', 'ConfigMap']) {
    const owned = world.cluster.api
      .list({
        apiVersion: kind === 'Deployment' ? 'apps/v1' : kind === 'HTTPRoute' ? 'gateway.networking.k8s.io/v1' : 'v1',
        kind,
      })
      .filter(({ metadata }) =>
        metadata.ownerReferences?.some(({ apiVersion }) => apiVersion.startsWith('flagger.app')),
      );
    assert.deepEqual(
      owned.map(({ metadata }) => metadata.name),
      [],
      kind,
    );
  }
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => phase(world) === 'Succeeded', LIMIT);
  assert.equal(world.load.snapshot().failures, lost);
  assert.equal(image(world, 'podinfo-primary'), 'podinfo:6.1.0');
});

test('the copies of configs that Flagger made are kept as they are until a promotion', async (t) => {
  const world = await serving(t);
  const envFrom = [{ configMapRef: { name: 'settings' } }];
  world.apply(aConfigMap('settings', { COLOR: 'blue' }));
  world.apply(aDeployment('podinfo:6.0.0', { replicas: 2, container: { envFrom } }));
  await world.clock.advance(10_000);
  world.apply(aFlaggerCanary());
  await leftByFlagger(world);
  const pods = podsOf(world, 'podinfo-primary');
  const copy = (): unknown =>
    world.read({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings-primary' })?.['data'];
  world.apply(shop(true));
  world.startController({ settings: { watchFlagger: true } });
  await world.clock.until(() => phase(world) === 'Initialized', LIMIT);
  await world.clock.advance(10_000);
  assert.deepEqual(podsOf(world, 'podinfo-primary'), pods);
  assert.equal(world.canary().stable?.revision, world.canary().desired?.revision);
  world.apply(aConfigMap('settings', { COLOR: 'green' }));
  await world.clock.until(() => phase(world) === 'Progressing', LIMIT);
  assert.deepEqual(copy(), { COLOR: 'blue' });
  assert.deepEqual(podsOf(world, 'podinfo-primary'), pods);
  await world.clock.until(() => phase(world) === 'Succeeded', LIMIT);
  const tracked = Object.keys(recordAt(original(world), 'status', 'trackedConfigs'));
  assert.deepEqual(tracked, ['configmap/settings']);
});

test('a version that the primary does not run yet is judged, not put there', async (t) => {
  const world = await afterFlagger(t, { primaryImage: 'podinfo:6.1.0' });
  const pods = podsOf(world, 'podinfo-primary');
  world.apply(shop(true));
  world.startController({ settings: { watchFlagger: true } });
  await world.clock.until(() => phase(world) === 'Progressing', LIMIT);
  assert.deepEqual(podsOf(world, 'podinfo-primary'), pods);
  assert.equal(image(world, 'podinfo-primary'), 'podinfo:6.1.0');
  await world.clock.until(() => phase(world) === 'Succeeded', LIMIT);
  assert.equal(image(world, 'podinfo-primary'), 'podinfo:6.0.0');
});

test('a run that Flagger has left is Flagger’s to end', async (t) => {
  const world = await afterFlagger(t, { phase: 'Progressing' });
  world.apply(shop(true));
  world.startController({ settings: { watchFlagger: true } });
  await world.clock.advance(30_000);
  assert.match(
    String(condition(world, 'Stalled')?.['message']),
    /^status\.phase: Flagger has left a run in the phase Progressing/,
  );
  assert.equal(shadow(world), undefined);
});

for (const propagationPolicy of ['Background', 'Foreground', 'Orphan'] as const) {
  test(`deletion gives everything back to the target: ${propagationPolicy}`, async (t) => {
    const world = await runByFlagger(t);
    const mark = world.load.snapshot();
    world.cluster.api.handle(
      {
        method: 'DELETE',
        path: '/apis/flagger.app/v1beta1/namespaces/shop/canaries/podinfo',
        query: {},
        contentType: 'application/json',
        body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy },
      },
      { user: 'developer' },
    );
    const early: string[] = [];
    await world.clock.until(() => {
      const isHeld = original(world)?.metadata.finalizers?.includes('serin.dev/flagger') ?? false;
      if (shadow(world) !== undefined && !isHeld) early.push('the Canary went before its shadow');
      return original(world) === undefined && shadow(world) === undefined;
    }, LIMIT);
    assert.deepEqual(early, []);
    assert.equal(at(deployment(world, 'podinfo'), 'status', 'readyReplicas'), 2);
    assert.equal(deployment(world, 'podinfo-primary'), undefined);
    const apex = world.read({ apiVersion: 'v1', kind: 'Service', ...KEY });
    assert.deepEqual(at(apex, 'spec', 'selector'), { app: 'podinfo' });
    // The route was Serin's own, and goes at the end: until then nobody has lost an answer.
    assert.equal(mark.failures <= world.load.snapshot().failures, true);
  });
}

test('deletion right after the take-over has begun restores too, and never hangs', async (t) => {
  const world = await afterFlagger(t);
  world.apply(shop(true));
  world.startController({ settings: { watchFlagger: true } });
  await world.clock.until(() => shadow(world) !== undefined, LIMIT);
  world.remove(originalRef(KEY));
  await world.clock.until(() => original(world) === undefined && shadow(world) === undefined, LIMIT);
  assert.equal(at(deployment(world, 'podinfo'), 'status', 'readyReplicas'), 2);
  const apex = world.read({ apiVersion: 'v1', kind: 'Service', ...KEY });
  assert.deepEqual(at(apex, 'spec', 'selector'), { app: 'podinfo' });
  assert.equal(deployment(world, 'podinfo-primary'), undefined);
});

test('the shadow alone deleted comes back, and the Canary is run again', async (t) => {
  const world = await runByFlagger(t);
  const { uid } = shadow(world)?.metadata ?? {};
  world.remove(shadowRef(KEY));
  await world.clock.until(() => shadow(world)?.metadata.uid !== uid && phase(world) === 'Initialized', LIMIT);
  assert.equal(image(world, 'podinfo-primary'), 'podinfo:6.0.0');
});

test('without the label Flagger gets everything in its own shape: same pods, no lost request', async (t) => {
  const world = await runByFlagger(t);
  const [pods, lost] = [podsOf(world, 'podinfo-primary'), world.load.snapshot().failures];
  world.apply(shop(false));
  await world.clock.until(() => shadow(world) === undefined, LIMIT);
  await world.clock.advance(10_000);
  assert.equal(phase(world), 'Initializing');
  assert.deepEqual(original(world)?.metadata.finalizers ?? [], []);
  assert.ok(world.events().includes('Released: Serin has let this Canary go: Flagger can run it from now on'));
  assert.deepEqual(podsOf(world, 'podinfo-primary'), pods);
  assert.equal(world.load.snapshot().failures, lost);
  const primary = deployment(world, 'podinfo-primary');
  assert.deepEqual(at(primary, 'spec', 'selector', 'matchLabels'), { app: 'podinfo-primary' });
  const { uid } = original(world)?.metadata ?? {};
  assert.deepEqual(
    primary?.metadata.ownerReferences?.map((owner) => owner.uid),
    [uid],
  );
  const route = world.read({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', ...KEY });
  assert.deepEqual(
    route?.metadata.ownerReferences?.map((owner) => owner.uid),
    [uid],
  );
  for (const object of [
    primary,
    route,
    deployment(world, 'podinfo'),
    world.read({ apiVersion: 'v1', kind: 'Service', ...KEY }),
  ]) {
    const marks = [...Object.keys(object?.metadata.labels ?? {}), ...Object.keys(object?.metadata.annotations ?? {})];
    assert.deepEqual(
      marks.filter((key) => key.startsWith('serin.dev/')),
      [],
    );
  }
  assert.deepEqual(
    listAt(route, 'spec', 'rules', 0, 'backendRefs').map((backend) => at(backend, 'weight')),
    [100, 0],
  );
});

test('a run is ended before Flagger gets the Canary', async (t) => {
  const world = await runByFlagger(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => phase(world) === 'Progressing', LIMIT);
  world.apply(shop(false));
  await world.clock.advance(5_000);
  assert.match(String(condition(world, 'Stalled')?.['message']), /Flagger can have this Canary when the run has ended/);
  await world.clock.until(() => shadow(world) === undefined, LIMIT);
  assert.equal(image(world, 'podinfo-primary'), 'podinfo:6.1.0');
});

test('a namespace that cannot be read hands nothing back', async (t) => {
  const world = await runByFlagger(t);
  world.killControllers();
  world.startController({
    settings: { watchFlagger: true },
    through: (transport) => ({
      ...transport,
      request: async (request) =>
        rbac(request, { user: 'serin', lacks: ({ resource }) => resource === 'namespaces' }) ??
        transport.request(request),
    }),
  });
  await world.clock.advance(60_000);
  assert.notEqual(shadow(world), undefined);
  assert.deepEqual(original(world)?.metadata.finalizers, ['serin.dev/flagger']);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().history[0]?.outcome === 'Promoted', LIMIT);
});

test('a shadow whose Canary is gone by force goes too, and restores', async (t) => {
  const world = await runByFlagger(t);
  world.killControllers();
  const { finalizers: _, ...metadata } = original(world)?.metadata ?? { name: 'podinfo' };
  world.replace({ ...aFlaggerCanary(), metadata });
  const { ownerReferences: __, ...kept } = shadow(world)?.metadata ?? { name: 'podinfo' };
  const alone = { ...shadow(world), apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', metadata: kept };
  world.replace({ ...alone, metadata: { ...kept, annotations: { 'serin.dev/hand-over': 'in' } } });
  world.remove(originalRef(KEY));
  await world.clock.until(() => original(world) === undefined, LIMIT);
  assert.notEqual(shadow(world), undefined);
  world.startController({ settings: { watchFlagger: true } });
  await world.clock.until(() => shadow(world) === undefined, LIMIT);
  assert.equal(at(deployment(world, 'podinfo'), 'status', 'readyReplicas'), 2);
});

test('only a shadow can be on its way, and only where Flagger’s objects are run', async (t) => {
  const world = await serving(t);
  world.startController();
  const marked = aCanary();
  world.apply({ ...marked, metadata: { ...marked.metadata, annotations: { 'serin.dev/hand-over': 'in' } } });
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
});

test('a MetricTemplate judges, and an AlertProvider is told, as Flagger’s users have them', async (t) => {
  const world = await invited(t);
  world.apply({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'MetricTemplate',
    metadata: { name: 'errors', namespace: 'shop' },
    spec: {
      provider: { type: 'prometheus', address: 'http://prometheus.example.com:9090' },
      query: `sum(rate(traefik_service_requests_total{service=~".*-svc-{{ namespace }}-{{ target }}-.*",code=~"5.."}[{{ interval }}])) or vector(0)`,
    },
  });
  world.apply({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'AlertProvider',
    metadata: { name: 'chat', namespace: 'shop' },
    spec: { type: 'slack', channel: 'releases', address: 'https://hooks.slack.com/services/T/B/x' },
  });
  world.apply(
    withAnalysis({
      metrics: [{ name: 'errors', interval: '10s', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }],
      alerts: [{ name: 'team', severity: 'info', providerRef: { name: 'chat' } }],
    }),
  );
  await world.clock.until(() => phase(world) === 'Initialized', LIMIT);
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(() => phase(world) === 'Failed', LIMIT);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => phase(world) === 'Succeeded', LIMIT);
  await world.clock.advance(10_000);
  assert.ok(world.messages.length > 0);
  assert.ok(world.messages.every(({ to }) => to === 'https://hooks.slack.com/services/T/B/x'));
});

test('the primary’s autoscaler that Flagger made is kept, and goes on to scale the primary', async (t) => {
  const world = await serving(t);
  const autoscaler = (name: string, scaled: string, owner?: OwnerReference): KubeObject => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: 'shop', ...(owner === undefined ? {} : { ownerReferences: [owner] }) },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: scaled },
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    },
  });
  world.apply(autoscaler('podinfo', 'podinfo'));
  world.apply(
    aFlaggerCanary({
      autoscalerRef: { apiVersion: 'autoscaling/v2beta2', kind: 'HorizontalPodAutoscaler', name: 'podinfo' },
    }),
  );
  await leftByFlagger(world);
  const { uid = '' } = original(world)?.metadata ?? {};
  const owner = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'podinfo', uid, controller: true };
  world.apply(autoscaler('podinfo-primary', 'podinfo-primary', owner));
  const pods = podsOf(world, 'podinfo-primary');
  world.apply(shop(true));
  world.startController({ settings: { watchFlagger: true } });
  await world.clock.until(() => phase(world) === 'Initialized', LIMIT);
  await world.clock.advance(10_000);
  assert.equal(condition(world, 'Stalled'), undefined);
  assert.deepEqual(podsOf(world, 'podinfo-primary'), pods);
  const ref = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    namespace: 'shop',
    name: 'podinfo-primary',
  };
  const kept = world.read(ref);
  assert.equal(at(kept, 'spec', 'scaleTargetRef', 'name'), 'podinfo-primary');
  assert.deepEqual(kept?.metadata.ownerReferences ?? [], []);
  world.apply(shop(false));
  await world.clock.until(() => shadow(world) === undefined, LIMIT);
  assert.deepEqual(
    world.read(ref)?.metadata.ownerReferences?.map((one) => one.uid),
    [uid],
  );
});
