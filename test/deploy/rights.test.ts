import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import { FIELD_MANAGER } from '#src/api/names.ts';
import { createKubeClient } from '#src/kube/create-client.ts';
import { EventRecorder } from '#src/kube/event-recorder.ts';
import { LeaderElector } from '#src/kube/leader-elector.ts';
import { resourceFor } from '#src/kube/resources.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { ask } from '#test/harness/ask.ts';
import { anHpa, aScaledObject, SCALED_BY_HPA, SCALED_BY_KEDA } from '#test/harness/autoscaled.ts';
import { aGitCanary, bump, takenOverFromGit } from '#test/harness/git-release.ts';
import { aCanary, aConfigMap, aDeployment, aSecret, HOST } from '#test/harness/manifests.ts';
import { servingOn } from '#test/harness/plane-release.ts';
import { APP_MESH, GLOO, ISTIO_MESH, type PlaneSetup } from '#test/harness/planes.ts';
import { ended, type Owner, push, serving } from '#test/harness/release.ts';
import { aDaemonCanary, aDaemonSet, servingOnNodes } from '#test/harness/targets.ts';
import { objectOf, rightsOf } from './manifests.ts';

const FOLDER = 'deploy/kustomize';
const LIMIT = 120_000;

/** Granted, but not met in the stories below. */
const RARE: readonly string[] = [
  // Above the 20 that are kept of each.
  'delete canaryruns.serin.dev',
  'delete canaryactions.serin.dev',
];

/** What the controller asked the API server for, as `verb resource.group`. */
const usedIn = (api: SandboxApi): ReadonlySet<string> => {
  const used = new Set<string>();
  api.audit.listen(({ user, verb, resource, subresource }) => {
    if (user === 'serin') used.add(`${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`);
  });
  // A patch that makes an object takes the right to create it too; the request does not say so.
  api.subscribe(({ type, object }) => {
    if (type !== 'ADDED' || !object.metadata.managedFields?.some(({ manager }) => manager === FIELD_MANAGER)) return;
    const { plural, group } = resourceFor(object);
    used.add(`create ${plural}${group === '' ? '' : `.${group}`}`);
  });
  return used;
};

const remove = async (world: World): Promise<void> => {
  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, LIMIT);
  // Its last events.
  await world.clock.advance(5_000);
};

/** podinfo with a ConfigMap and a Secret in its environment. */
const configured = (image: string): KubeObject => {
  const deployment = aDeployment(image, { replicas: 0 });
  const spec = Object(deployment['spec']);
  const [container] = spec.template.spec.containers;
  const envFrom = [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'keys' } }];
  const template = { ...spec.template, spec: { containers: [{ ...container, envFrom }] } };
  return { ...deployment, spec: { ...spec, template } };
};

const ingress = (): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'podinfo', namespace: 'shop' },
  spec: {
    ingressClassName: 'nginx',
    rules: [
      {
        host: HOST,
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'podinfo', port: { number: 80 } } } }],
        },
      },
    ],
  },
});

/** A Canary on a plane whose objects Serin makes and removes. */
const lifeOn =
  (setup: PlaneSetup) =>
  async (t: Owner): Promise<ReadonlySet<string>> => {
    const world = await servingOn(t, setup, { rps: 5 });
    const used = usedIn(world.cluster.api);
    world.startController();
    world.apply(aCanary(setup.spec));
    await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
    push(world, 'podinfo:6.1.0');
    await world.clock.until(ended(world, 1), LIMIT);
    await remove(world);
    return used;
  };

/** Its primary is in Flagger's shape, and lacks the label by which the budget selects. */
const scaledLife = async (
  t: Owner,
  { autoscaler, autoscalerRef }: { readonly autoscaler: KubeObject } & Pick<CanarySpecInput, 'autoscalerRef'>,
): Promise<ReadonlySet<string>> => {
  const world = await serving(t, { rps: 5 });
  const used = usedIn(world.cluster.api);
  world.apply(autoscaler);
  world.apply(aDeployment('podinfo:6.0.0', { name: 'podinfo-primary', replicas: 2 }));
  world.apply({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'podinfo', namespace: 'shop' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'podinfo' } } },
  });
  world.startController();
  world.apply(aCanary({ autoscalerRef }));
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  await remove(world);
  return used;
};

/** Whole lives of Canaries; each gives what was used in it. */
const LIVES: Readonly<Record<string, (t: Owner) => Promise<ReadonlySet<string>>>> = {
  'a Canary with Git, configs, good and bad releases': async (t) => {
    const world = await takenOverFromGit(t, { canary: aGitCanary() });
    world.killControllers();
    const used = usedIn(world.cluster.api);
    world.startController();
    bump(world, 'podinfo:6.9.0-bad');
    await world.clock.until(ended(world, 1), LIMIT);
    bump(world, 'podinfo:6.1.0');
    await world.clock.until(() => world.canary().run?.stage === 'shifting', LIMIT);
    ask(world, 'promote');
    await world.clock.until(ended(world, 2), LIMIT);
    await world.clock.advance(10_000);
    await remove(world);
    return used;
  },
  'a Canary whose template refers to configs, with a route of its own': async (t) => {
    const world = await serving(t);
    const used = usedIn(world.cluster.api);
    world.startController();
    world.apply(aCanary());
    await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
    world.apply(aConfigMap('settings', { color: 'blue' }));
    world.apply(aSecret('keys', { key: 'value' }));
    world.apply(configured('podinfo:6.1.0'));
    await world.clock.until(ended(world, 1), LIMIT);
    await remove(world);
    return used;
  },
  'a Canary on an Ingress': async (t) => {
    const world = await serving(t);
    const used = usedIn(world.cluster.api);
    world.apply(ingress());
    world.startController();
    const ingressRef = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' } as const;
    world.apply(aCanary({ service: { port: 80, targetPort: 9898 }, ingressRef }));
    await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
    push(world, 'podinfo:6.1.0');
    await world.clock.until(ended(world, 1), LIMIT);
    await remove(world);
    return used;
  },
  'a Canary with a HorizontalPodAutoscaler, whose primary escapes a disruption budget': (t) =>
    scaledLife(t, { autoscaler: anHpa(), autoscalerRef: SCALED_BY_HPA }),
  'a Canary with a ScaledObject': (t) => scaledLife(t, { autoscaler: aScaledObject(), autoscalerRef: SCALED_BY_KEDA }),
  'a Canary of a DaemonSet': async (t) => {
    const world = await servingOnNodes(t, { rps: 5 });
    const used = usedIn(world.cluster.api);
    world.startController();
    world.apply(aDaemonCanary());
    await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
    world.apply(aDaemonSet('podinfo:6.1.0'));
    await world.clock.until(ended(world, 1), LIMIT);
    await remove(world);
    return used;
  },
  'a Canary on Istio': lifeOn(ISTIO_MESH),
  'a Canary on App Mesh': lifeOn(APP_MESH),
  'a Canary on Gloo Edge': lifeOn(GLOO),
  'a leader that comes, leads and goes, and events that happen again': async () => {
    const clock = new VirtualClock();
    const api = new SandboxApi({ clock });
    for (const name of ['serin-system', 'shop']) {
      api.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { manager: 'kubectl' });
    }
    const used = usedIn(api);
    const outside = { transport: inProcessTransport(api, { user: 'serin' }), clock, random: seededRandom(1) };
    const elector = new LeaderElector({
      ...outside,
      lease: { namespace: 'serin-system', name: 'serin' },
      identity: 'one',
      onAcquired: () => {},
      onLost: assert.fail,
    });
    elector.start();
    // A recorder that goes on with the Event of the one before it.
    for (const instance of ['one', 'two']) {
      const recorder = new EventRecorder({ ...outside, client: createKubeClient(outside), instance });
      const event = {
        regarding: canaryRef(),
        type: 'Normal',
        reason: 'Promoted',
        action: 'Reconcile',
        note: 'again',
      } as const;
      recorder.record(event);
      await clock.advance(10_000);
    }
    void elector.stop();
    await clock.advance(5_000);
    api.close();
    return used;
  },
};

const granted = new Set([
  ...rightsOf(objectOf(FOLDER, 'ClusterRole', 'serin-controller')),
  ...rightsOf(objectOf(FOLDER, 'Role', 'serin-leader')),
]);
const used = new Set<string>();

for (const [name, live] of Object.entries(LIVES)) {
  test(`${name}: nothing is done that is not granted`, async (t) => {
    const done = await live(t);
    for (const right of done) used.add(right);
    assert.deepEqual(
      [...done].filter((right) => !granted.has(right)),
      [],
    );
  });
}

test('nothing is granted that no Canary ever needs', () => {
  assert.deepEqual([...granted].filter((right) => !used.has(right)).toSorted(), RARE.toSorted());
});
