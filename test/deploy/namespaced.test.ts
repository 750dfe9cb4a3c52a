import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RESOURCES } from '#src/kube/resources.ts';
import { at, stringAt } from '#src/lib/json.ts';
import { isOfTheCluster, objectOf, objectsOf, patchesOf, rightsOf } from './manifests.ts';

const FOLDER = 'deploy/namespaced';

test('nothing of the namespaced form is outside its namespace', () => {
  const objects = objectsOf(FOLDER);
  for (const object of objects) {
    assert.equal(isOfTheCluster(object), false, stringAt(object, 'kind'));
    assert.equal(stringAt(object, 'metadata', 'namespace'), 'serin-system');
  }
  const kinds = objects.map((object) => stringAt(object, 'kind'));
  assert.ok(kinds.includes('Deployment') && kinds.includes('Role') && kinds.includes('ServiceAccount'));
});

test('its role has the rights of the whole form, but for kinds of the cluster', () => {
  const whole = rightsOf(objectOf('deploy/kustomize', 'ClusterRole', 'serin-controller'));
  const cluster = Object.values(RESOURCES)
    .filter(({ namespaced }) => !namespaced)
    .map(({ plural, group }) => `${plural}${group === '' ? '' : `.${group}`}`);
  assert.ok(cluster.includes('gatewayclasses.gateway.networking.k8s.io') && cluster.includes('namespaces'));
  const wanted = [...whole].filter((right) => !cluster.includes(right.split(' ')[1] ?? ''));
  const role = objectOf(FOLDER, 'Role', 'serin-controller');
  assert.deepEqual([...rightsOf(role)].toSorted(), wanted.toSorted());
  const binding = objectOf(FOLDER, 'RoleBinding', 'serin-controller');
  assert.deepEqual(at(binding, 'roleRef'), {
    apiGroup: 'rbac.authorization.k8s.io',
    kind: 'Role',
    name: 'serin-controller',
  });
  assert.deepEqual(at(binding, 'subjects'), [{ kind: 'ServiceAccount', name: 'serin', namespace: 'serin-system' }]);
});

test('it watches the namespace that it runs in', () => {
  assert.deepEqual(patchesOf(FOLDER), [
    [{ op: 'add', path: '/spec/template/spec/containers/0/args/-', value: '--namespace=$(POD_NAMESPACE)' }],
  ]);
});
