import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { answering } from '#src/sandbox/faults/answering.ts';
import { type Right, rbac } from '#src/sandbox/faults/rbac.ts';
import { objectOf, rightsOf } from '#test/deploy/manifests.ts';
import type { World } from '#test/harness/a-world.ts';
import { canaryRef } from '#test/harness/a-world.ts';
import { keptLog } from '#test/harness/kept-log.ts';
import { aCanary, adopting, anIngress, aRoute, behindIngress } from '#test/harness/manifests.ts';
import { deployment, ended, type Owner, push, serving } from '#test/harness/release.ts';

// A controller for one namespace, with the Roles of `deploy/namespaced` and nothing else: the Gateway is elsewhere, and no
// kind of the cluster can be read.

const granted = new Set([
  ...rightsOf(objectOf('deploy/namespaced', 'Role', 'serin-controller')),
  ...rightsOf(objectOf('deploy/namespaced', 'Role', 'serin-leader')),
]);

const lacks = ({ verb, group, resource, namespace }: Right): boolean => {
  const [plural, subresource] = resource.split('/');
  const name = `${plural}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  return namespace !== 'shop' || !granted.has(`${verb} ${name}`);
};

const started = async (owner: Owner, ...given: readonly KubeObject[]) => {
  const world = await serving(owner);
  for (const object of given) world.apply(object);
  const { log, lines } = keptLog();
  const process = world.startController({
    log,
    settings: { namespace: 'shop', leaderElect: true },
    through: (transport) => answering(transport, (request) => rbac(request, { user: 'shop:serin', lacks })),
  });
  await world.clock.advance(2_000);
  return { world, process, lines };
};

const WORLDS: Readonly<Record<string, { readonly given: readonly KubeObject[]; readonly canary: KubeObject }>> = {
  'a route of its own': { given: [], canary: aCanary() },
  'a route that it adopts': { given: [aRoute()], canary: aCanary(adopting()) },
  'an Ingress': { given: [anIngress()], canary: aCanary(behindIngress()) },
};

const stalled = (world: World) => world.canary().conditions.find(({ type }) => type === 'Stalled');

for (const [name, { given, canary }] of Object.entries(WORLDS)) {
  test(`${name}: good and bad releases, judged by built-in metrics, and everything given back`, async (t) => {
    const { world, process, lines } = await started(t, ...given);
    world.apply(canary);
    await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
    assert.equal(process.controller.leading, true);
    assert.deepEqual(process.controller.readiness(), { missing: [], problems: [] });
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'shop', name: 'serin' };
    assert.notEqual(world.read(lease), undefined, 'the lease is in its own namespace');

    push(world, 'podinfo:6.1.0');
    await world.clock.until(ended(world, 1), 120_000);
    push(world, 'podinfo:6.9.0-bad');
    await world.clock.until(ended(world, 2), 120_000);
    assert.deepEqual(
      world.canary().history.map(({ outcome }) => outcome),
      ['RolledBack', 'Promoted'],
    );

    world.remove(canaryRef());
    await world.clock.until(() => world.read(canaryRef()) === undefined, 120_000);
    assert.equal(at(deployment(world, 'podinfo'), 'spec', 'replicas'), 2);
    assert.deepEqual(
      lines.filter(({ level }) => level > 30),
      [],
      'nothing that a Role cannot grant is a problem',
    );
  });
}

test('what a Canary refers to of the cluster is told as not to be read', async (t) => {
  const { world } = await started(t);
  const templateRef = { kind: 'ClusterAnalysisTemplate', name: 'errors' } as const;
  world.apply(
    aCanary({
      analysis: {
        interval: '5s',
        stepWeights: [50],
        metrics: [{ name: 'errors', thresholdRange: { max: 1 }, templateRef }],
      },
    }),
  );
  await world.clock.until(() => stalled(world)?.status === 'True', 10_000);
  assert.equal(stalled(world)?.reason, 'AccessDenied');
  assert.equal(
    stalled(world)?.message,
    'clusteranalysistemplates.serin.dev: RBAC does not grant "list" on clusteranalysistemplates.serin.dev; want: the ' +
      'rule {apiGroups: ["serin.dev"], resources: [clusteranalysistemplates], verbs: [list, watch]} in a ClusterRole ' +
      "that is bound to the controller's ServiceAccount",
  );
});

test('a Repository of another namespace is told as not to be seen', async (t) => {
  const { world } = await started(t);
  const repositoryRef = { name: 'config', namespace: 'flux-system' };
  world.apply(aCanary({ git: { repositoryRef, path: 'apps', onFailure: 'revert' } }));
  await world.clock.until(() => stalled(world)?.status === 'True', 10_000);
  assert.match(stalled(world)?.message ?? '', /Repository flux-system\/config is in a namespace that this controller/);
});

test('a namespace that is deleted is let go, though nobody can see that it is', async (t) => {
  const { world } = await started(t);
  world.apply(aCanary());
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', name: 'shop' };
  world.remove(namespace);
  await world.clock.until(() => world.read(namespace) === undefined, 120_000);
});
