import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering } from '#src/sandbox/faults/answering.ts';
import { type Right, rbac } from '#src/sandbox/faults/rbac.ts';
import { objectOf, rightsOf } from '#test/deploy/manifests.ts';
import { canaryRef } from '#test/harness/a-world.ts';
import { keptLog } from '#test/harness/kept-log.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { servingOn } from '#test/harness/plane-release.ts';
import { APP_MESH } from '#test/harness/planes.ts';
import { ended, push } from '#test/harness/release.ts';

// A controller for one namespace, with the Role of `deploy/namespaced`: the Mesh, which is of the cluster, cannot be read.

const granted = rightsOf(objectOf('deploy/namespaced', 'Role', 'serin-controller'));

const lacks = ({ verb, group, resource, namespace }: Right): boolean => {
  const [plural, subresource] = resource.split('/');
  const name = `${plural}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  return namespace !== 'shop' || !granted.has(`${verb} ${name}`);
};

test('App Mesh: a release and everything given back, without a word of warning', async (t) => {
  const world = await servingOn(t, APP_MESH, { rps: 10 });
  const { log, lines } = keptLog();
  world.startController({
    log,
    settings: { namespace: 'shop' },
    through: (transport) => answering(transport, (request) => rbac(request, { user: 'shop:serin', lacks })),
  });
  world.apply(aCanary(APP_MESH.spec));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 120_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, 120_000);
  assert.deepEqual(
    lines.filter(({ level }) => level > 30),
    [],
  );
});
