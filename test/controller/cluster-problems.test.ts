import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf } from '#src/api/crd/definition.ts';
import { KINDS } from '#src/api/kinds.ts';
import type { KubeRequest, KubeResponse } from '#src/kube/transport.ts';
import { at, isRecord, type JsonRecord } from '#src/lib/json.ts';
import { type Answering, answering, notServed } from '#src/sandbox/faults/answering.ts';
import { type Right, rbac } from '#src/sandbox/faults/rbac.ts';
import { UNREACHABLE, type World } from '#test/harness/a-world.ts';
import { keptLog } from '#test/harness/kept-log.ts';
import { aCanary, aDeployment, adopting, anIngress, aRoute, aService, behindIngress } from '#test/harness/manifests.ts';
import { deployment, ended, type Owner, push, serving } from '#test/harness/release.ts';

// What the cluster lacks is told once, with what to apply, where people look; the rest goes on; and it is over as soon as
// it is mended, without a restart.

const USER = 'system:serviceaccount:serin-system:serin';
const GATEWAY_API = 'gateway.networking.k8s.io';

/** podinfo serves, and a controller has started that gets `answer` where it gives one. */
const started = async (owner: Owner, answer: Answering) => {
  const world = await serving(owner, { rps: 5 });
  const { log, lines } = keptLog();
  const process = world.startController({ log, through: (transport) => answering(transport, answer) });
  await world.clock.advance(10_000);
  const told = (what: string) => lines.filter(({ msg }) => msg === what);
  const metric = async (): Promise<readonly string[]> =>
    (await process.metrics.text()).split('\n').filter((line) => line.startsWith('serin_cluster_problems{'));
  return { world, process, told, metric };
};

const rights = (lacks: (right: Right) => boolean) => (request: KubeRequest) => rbac(request, { user: USER, lacks });

const stalled = (world: World, canary = 'podinfo') => {
  const found = world.canary(canary).conditions.find(({ type }) => type === 'Stalled');
  return found && { status: found.status, reason: found.reason, message: found.message };
};
const isReady = (world: World, canary?: string) => () => world.canary(canary).phase === 'Initialized';

test('without the Gateway API only Canaries that need it are held, until its CRDs are installed', async (t) => {
  let missing = true;
  const answer: Answering = (request) => (missing ? notServed(request, GATEWAY_API) : undefined);
  const { world, process, told, metric } = await started(t, answer);
  assert.deepEqual(process.controller.readiness(), { missing: [], problems: [] }, 'nobody needs it yet');

  world.apply(aDeployment('podinfo:6.0.0', { name: 'other', replicas: 1 }));
  world.apply(aService('other'));
  world.apply(anIngress('other', 'other.example.com'));
  world.apply(aCanary(behindIngress('other'), 'other'));
  world.apply(aCanary());
  await world.clock.until(isReady(world, 'other'), 60_000);

  const words =
    'The cluster does not serve httproutes.gateway.networking.k8s.io in version v1; want: kubectl apply --server-side ' +
    '-f https://github.com/kubernetes-sigs/gateway-api/releases/latest/download/standard-install.yaml, or use another ' +
    'provider';
  const message = `httproutes.gateway.networking.k8s.io: ${words}`;
  assert.deepEqual(stalled(world), { status: 'True', reason: 'ClusterNotReady', message });
  assert.deepEqual(world.events('podinfo'), [`ClusterNotReady: ${message}`]);
  assert.deepEqual(process.controller.readiness(), { missing: [], problems: [words] });
  assert.deepEqual(await metric(), [
    'serin_cluster_problems{problem="NotInstalled",about="httproutes.gateway.networking.k8s.io"} 1',
  ]);
  await world.clock.advance(300_000);
  assert.equal(told('cluster problem').length, 1, 'told once');

  missing = false;
  await world.clock.until(isReady(world), 60_000);
  assert.equal(stalled(world)?.status, 'False');
  assert.equal(told('cluster problem mended').length, 1);
  assert.deepEqual(await metric(), []);
});

test('a problem that is only one for Canaries that need the kind goes with the last of them', async (t) => {
  const { world, process } = await started(t, (request) => notServed(request, GATEWAY_API));
  const canary = aCanary();
  world.apply(canary);
  await world.clock.until(() => process.controller.readiness().problems.length === 1, 10_000);
  world.remove({ ...canary, namespace: 'shop', name: 'podinfo' });
  await world.clock.until(() => process.controller.readiness().problems.length === 0, 60_000);
  assert.equal(
    world.read({ ...canary, namespace: 'shop', name: 'podinfo' }),
    undefined,
    'nothing was there to give back',
  );
});

test('without the CRDs of Serin the controller is not ready, and starts when they are there', async (t) => {
  let missing = true;
  const { world, process } = await started(t, (request) => (missing ? notServed(request, 'serin.dev') : undefined));
  const { missing: said } = process.controller.readiness();
  assert.equal(
    said[0],
    'The cluster does not serve canaries.serin.dev in version v1alpha1; want: kubectl apply -k deploy/kustomize, or the ' +
      'CRDs alone: kubectl apply -k crds',
  );
  missing = false;
  world.apply(aCanary());
  await world.clock.until(isReady(world), 120_000);
  await world.clock.advance(30_000);
  assert.deepEqual(process.controller.readiness(), { missing: [], problems: [] });
});

test('a kind that RBAC does not let it read, and that it can do without, does not keep it from starting', async (t) => {
  let missing = true;
  const lacks = ({ resource }: Right) => missing && ['networkpolicies', 'repositories'].includes(resource);
  const { world, process, told } = await started(t, rights(lacks));
  world.apply(aCanary());
  await world.clock.until(isReady(world), 60_000);
  const { missing: blocking, problems } = process.controller.readiness();
  assert.deepEqual(blocking, []);
  assert.deepEqual(problems, [
    'RBAC does not grant "list" on repositories.serin.dev; want: kubectl apply -k deploy/kustomize, or the rule ' +
      '{apiGroups: ["serin.dev"], resources: [repositories], verbs: [list, watch]} in ClusterRole serin-controller',
    'RBAC does not grant "list" on networkpolicies.networking.k8s.io; want: kubectl apply -k deploy/kustomize, or the ' +
      'rule {apiGroups: ["networking.k8s.io"], resources: [networkpolicies], verbs: [list, watch]} in ClusterRole ' +
      'serin-controller; until then a take-over is not checked against network policies',
  ]);

  // A Canary that refers to what cannot be read says so, instead of saying that it does not exist.
  const git = { repositoryRef: { name: 'config' }, path: 'apps', onFailure: 'revert' } as const;
  world.apply(aCanary({ git }));
  await world.clock.until(() => stalled(world)?.status === 'True', 30_000);
  assert.equal(stalled(world)?.reason, 'AccessDenied');
  assert.equal(stalled(world)?.message, `repositories.serin.dev: ${problems[0]}`);

  await world.clock.advance(300_000);
  assert.equal(told('cluster problem').length, 2, 'each told once');
  missing = false;
  await world.clock.until(() => process.controller.readiness().problems.length === 0, 60_000);
  await world.clock.until(() => stalled(world)?.reason === 'InvalidSpec', 10_000);
  assert.match(stalled(world)?.message ?? '', /Repository shop\/config does not exist/);
});

test('a kind that all need is asked for until RBAC lets it be read', async (t) => {
  let missing = true;
  const lacks = ({ resource, verb }: Right) => missing && resource === 'pods' && verb === 'watch';
  const { world, process, told } = await started(t, rights(lacks));
  assert.deepEqual(process.controller.readiness().missing, [
    'RBAC does not grant "watch" on pods; want: kubectl apply -k deploy/kustomize, or the rule ' +
      '{apiGroups: [""], resources: [pods], verbs: [list, watch]} in ClusterRole serin-controller',
  ]);
  await world.clock.advance(300_000);
  assert.equal(told('cluster problem').length, 1);
  missing = false;
  world.apply(aCanary());
  await world.clock.until(isReady(world), 60_000);
  assert.deepEqual(process.controller.readiness().missing, []);
});

test('a right that is taken away in the middle of a run holds it where it is', async (t) => {
  let missing = false;
  const { world } = await started(
    t,
    rights(({ resource }) => missing && resource === 'endpointslices'),
  );
  world.apply(aCanary());
  await world.clock.until(isReady(world), 60_000);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  missing = true;
  // RBAC is asked when a watch is opened, at the latest after ten minutes.
  await world.clock.until(() => stalled(world)?.reason === 'AccessDenied', 700_000);
  const weight = world.canary().canaryWeight;
  await world.clock.advance(60_000);
  assert.equal(world.canary().canaryWeight, weight);
  missing = false;
  await world.clock.until(ended(world, 1), 120_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
});

test('a Canary that is deleted keeps its finalizer while what it has to give back cannot be seen', async (t) => {
  let missing = false;
  const lacks = ({ resource }: Right) => missing && ['httproutes', 'deployments'].includes(resource);
  const { world } = await started(t, rights(lacks));
  world.apply(aRoute());
  world.apply(aCanary(adopting()));
  await world.clock.until(isReady(world), 60_000);
  const before = world.load.snapshot();
  missing = true;
  await world.clock.advance(700_000);
  const ref = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'shop', name: 'podinfo' };
  world.remove(ref);
  await world.clock.advance(60_000);
  assert.equal(stalled(world)?.reason, 'AccessDenied');
  missing = false;
  await world.clock.until(() => world.read(ref) === undefined, 120_000);
  assert.equal(at(deployment(world, 'podinfo'), 'spec', 'replicas'), 2, 'the target serves again');
  assert.equal(world.load.since(before).failures, 0);
});

const WRITES: Readonly<Record<string, { readonly right: Right; readonly rule: string }>> = {
  'the route': {
    right: { verb: 'patch', group: GATEWAY_API, resource: 'httproutes' },
    rule: '{apiGroups: ["gateway.networking.k8s.io"], resources: [httproutes], verbs: [create, patch]}',
  },
  'the stored template': {
    right: { verb: 'create', group: 'apps', resource: 'controllerrevisions' },
    rule: '{apiGroups: ["apps"], resources: [controllerrevisions], verbs: [create]}',
  },
};

for (const [what, { right, rule }] of Object.entries(WRITES)) {
  test(`a right that is missing to write ${what} is told with its rule, and noticed when it is granted`, async (t) => {
    let missing = true;
    const lacks = ({ verb, resource }: Right) => missing && verb === right.verb && resource === right.resource;
    const { world, told, metric } = await started(t, rights(lacks));
    world.apply(aCanary());
    await world.clock.until(() => stalled(world)?.reason === 'AccessDenied', 60_000);
    assert.ok(stalled(world)?.message.endsWith(`or the rule ${rule} in ClusterRole serin-controller`));
    assert.equal((await metric()).length, 1);
    await world.clock.advance(120_000);
    assert.equal(told('cluster problem').length, 1);
    assert.equal(told('reconcile failed').length, 1, 'the same words once');
    missing = false;
    await world.clock.until(isReady(world), 45_000);
    assert.deepEqual(await metric(), []);
  });
}

test('a status that may not be written is told by an event, and as not ready', async (t) => {
  let missing = true;
  const { world, process } = await started(
    t,
    rights(({ resource }) => missing && resource === 'canaries/status'),
  );
  world.apply(aCanary());
  await world.clock.advance(5_000);
  assert.match(world.events()[0] ?? '', /^AccessDenied: Cannot update status of Canary shop\/podinfo: RBAC does not/);
  assert.match(process.controller.readiness().missing[0] ?? '', /resources: \[canaries\/status\], verbs: \[update\]/);
  missing = false;
  await world.clock.until(isReady(world), 60_000);
  assert.deepEqual(process.controller.readiness().missing, []);
});

test('events that may not be written cost nothing but the events', async (t) => {
  let missing = true;
  const { world, told, process } = await started(
    t,
    rights(({ resource }) => missing && resource === 'events'),
  );
  world.apply(aCanary());
  await world.clock.until(isReady(world), 60_000);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 120_000);
  assert.equal(told('cluster problem').length, 1);
  assert.equal(process.controller.readiness().missing.length, 0);
  missing = false;
  await world.clock.advance(35_000);
  assert.deepEqual(process.controller.readiness().problems, [], 'noticed though nothing was written');
});

/** The schemas that a server publishes, without some fields. */
const published = (without: readonly (readonly string[])[]): KubeResponse => {
  const cut = (schema: unknown, [field, ...deeper]: readonly string[]): JsonRecord => {
    const node = isRecord(schema) ? schema : {};
    const properties = isRecord(node['properties']) ? node['properties'] : {};
    const { [field ?? '']: found, ...others } = properties;
    const { 'x-kubernetes-preserve-unknown-fields': _, ...closed } = node;
    return deeper.length === 0
      ? { ...closed, properties: others }
      : { ...node, properties: { ...others, [field ?? '']: cut(found, deeper) } };
  };
  const schemas = KINDS.map((kind) => {
    const whole = at(definitionOf(kind), 'spec', 'versions', 0, 'schema', 'openAPIV3Schema');
    const gvk = { 'x-kubernetes-group-version-kind': [{ group: 'serin.dev', kind: kind.kind, version: 'v1alpha1' }] };
    const shown = kind.kind === 'Canary' ? without.reduce<unknown>(cut, whole) : whole;
    return [`dev.serin.v1alpha1.${kind.kind}`, { ...(isRecord(shown) ? shown : {}), ...gvk }];
  });
  const paths = { '/apis/serin.dev/v1alpha1/namespaces/{namespace}/canaries/{name}/status': {} };
  return { status: 200, headers: {}, body: { components: { schemas: Object.fromEntries(schemas) }, paths } };
};

test('a CRD that drops what people write is told; the Canaries go on', async (t) => {
  let without = [['spec', 'analysis', 'stepWeights']];
  const answer: Answering = ({ path }) => (path.startsWith('/openapi/') ? published(without) : undefined);
  const { world, process } = await started(t, answer);
  world.apply(aCanary());
  await world.clock.until(isReady(world), 60_000);
  assert.deepEqual(process.controller.readiness(), {
    missing: [],
    problems: [
      'The CRD canaries.serin.dev is older than the controller: it drops spec.analysis.stepWeights; want: the CRDs of ' +
        'this version: kubectl apply -k deploy/kustomize, or the CRDs alone: kubectl apply -k crds',
    ],
  });
  without = [];
  await world.clock.until(() => process.controller.readiness().problems.length === 0, 60_000);
});

test('a CRD that drops what the controller remembers by holds every Canary until it is newer', async (t) => {
  let without = [['status', 'run']];
  const answer: Answering = ({ path }) => (path.startsWith('/openapi/') ? published(without) : undefined);
  const { world, process } = await started(t, answer);
  world.apply(aCanary());
  await world.clock.until(() => stalled(world)?.status === 'True', 10_000);
  assert.equal(stalled(world)?.reason, 'ClusterNotReady');
  assert.match(
    stalled(world)?.message ?? '',
    /older than the controller: it drops status\.run; want: the CRDs of this/,
  );
  assert.equal(process.controller.readiness().missing.length, 1);
  assert.equal(deployment(world, 'podinfo-primary'), undefined, 'nothing was touched');
  without = [];
  await world.clock.until(isReady(world), 90_000);
  assert.deepEqual(process.controller.readiness(), { missing: [], problems: [] });
});

test('a Prometheus that gives no answer is told with what to set, until it answers', async (t) => {
  const { world, process, metric } = await started(t, () => undefined);
  world.apply(aCanary());
  await world.clock.until(isReady(world), 60_000);
  world.apply(aCanary({ metricsServer: UNREACHABLE }));
  push(world, 'podinfo:6.1.0');
  const problems = (): readonly string[] => process.controller.readiness().problems;
  await world.clock.until(() => problems().length > 0, 120_000);
  assert.deepEqual(problems(), [
    'Cannot reach Prometheus at http://gone.example.com:9090; want: the Prometheus that scrapes the data plane, as ' +
      '--metrics-server of the controller, spec.metricsServer of the Canary or provider.address of the template',
  ]);
  assert.deepEqual(await metric(), [
    'serin_cluster_problems{problem="MetricsUnavailable",about="http://gone.example.com:9090"} 1',
  ]);
  assert.deepEqual(process.controller.readiness().missing, []);
  world.apply(aCanary());
  // Nobody asks the wrong one any more.
  await world.clock.until(() => problems().length === 0, 400_000);
});
