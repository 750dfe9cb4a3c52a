import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { FIELD_MANAGER } from '#src/api/names.ts';
import { originalRef, shadowRef } from '#src/flagger/shadow.ts';
import { resourceFor } from '#src/kube/resources.ts';
import { at, listAt } from '#src/lib/json.ts';
import { runSerin } from '#test/cli/run-serin.ts';
import { leftByFlagger } from '#test/flagger/flagger-left.ts';
import { aFlaggerCanary, shop } from '#test/flagger/flagger-manifests.ts';
import { original, phase } from '#test/flagger/flagger-world.ts';
import { push, serving } from '#test/harness/release.ts';
import { objectOf, resourcesOf, rightsOf } from './manifests.ts';

const FOLDER = 'deploy/watch-flagger';
const KEY = { namespace: 'shop', name: 'podinfo' };
const LIMIT = 300_000;

/** Asked for by admission that the sandbox has not, or by Canaries that name such objects. */
const ELSEWHERE: readonly string[] = [
  'update canaries.flagger.app/finalizers',
  ...['metrictemplates', 'alertproviders'].flatMap((kind) => [`list ${kind}.flagger.app`, `watch ${kind}.flagger.app`]),
];

test('every file of the component is applied, and its flag exists', async () => {
  const files = readdirSync(FOLDER).filter((file) => file !== 'kustomization.yaml');
  assert.deepEqual(resourcesOf(FOLDER), files);
  const { out } = await runSerin(['controller', '--help']);
  assert.match(out, /--watch-flagger /);
});

test('its rights go to the account that the pods run as', () => {
  const binding = objectOf(FOLDER, 'ClusterRoleBinding', 'serin-watch-flagger');
  assert.deepEqual(listAt(binding, 'subjects'), [{ kind: 'ServiceAccount', name: 'serin', namespace: 'serin-system' }]);
  assert.equal(at(binding, 'roleRef', 'name'), 'serin-watch-flagger');
});

test('a whole life, from Flagger and back to it, takes these rights beside the controller’s own, and no others', async (t) => {
  const world = await serving(t);
  world.apply(aFlaggerCanary());
  await leftByFlagger(world);
  const used = new Set<string>();
  world.cluster.api.audit.listen(({ user, verb, resource, subresource }) => {
    if (user === 'serin') used.add(`${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`);
  });
  world.cluster.api.subscribe(({ type, object }) => {
    if (type !== 'ADDED' || !object.metadata.managedFields?.some(({ manager }) => manager === FIELD_MANAGER)) return;
    const { plural, group } = resourceFor(object);
    used.add(`create ${plural}${group === '' ? '' : `.${group}`}`);
  });
  world.apply(shop(true));
  world.startController({ settings: { watchFlagger: true } });
  await world.clock.until(() => phase(world) === 'Initialized', LIMIT);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => phase(world) === 'Succeeded', LIMIT);
  world.apply(shop(false));
  await world.clock.until(() => world.read(shadowRef(KEY)) === undefined, LIMIT);
  await world.clock.advance(5_000);
  world.apply(shop(true));
  await world.clock.until(() => phase(world) === 'Initialized', LIMIT);
  world.remove(originalRef(KEY));
  await world.clock.until(() => original(world) === undefined, LIMIT);
  await world.clock.advance(10_000);
  const own = rightsOf(objectOf('deploy/kustomize', 'ClusterRole', 'serin-controller'));
  const beside = rightsOf(objectOf(FOLDER, 'ClusterRole', 'serin-watch-flagger'));
  const granted = new Set([...own, ...beside]);
  assert.deepEqual(
    [...used].filter((right) => !granted.has(right)),
    [],
  );
  assert.deepEqual([...beside].filter((right) => !used.has(right)).toSorted(), ELSEWHERE.toSorted());
});
