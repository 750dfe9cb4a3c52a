import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiVersionOf, findResource, pathOf, RESOURCES, resourceFor } from '#src/kube/resources.ts';

test('builds the path of collections, objects and sub-resources', () => {
  const paths = [
    pathOf(RESOURCES.pod),
    pathOf(RESOURCES.pod, { namespace: 'shop' }),
    pathOf(RESOURCES.deployment, { namespace: 'shop', name: 'app' }),
    pathOf(RESOURCES.canary, { namespace: 'shop', name: 'app', subresource: 'status' }),
    pathOf(RESOURCES.node, { name: 'n1' }),
    pathOf(RESOURCES.clusterAnalysisTemplate),
  ];
  assert.deepEqual(paths, [
    '/api/v1/pods',
    '/api/v1/namespaces/shop/pods',
    '/apis/apps/v1/namespaces/shop/deployments/app',
    '/apis/serin.dev/v1alpha1/namespaces/shop/canaries/app/status',
    '/api/v1/nodes/n1',
    '/apis/serin.dev/v1alpha1/clusteranalysistemplates',
  ]);
});

test('a name cannot leave its place in the path', () => {
  for (const name of ['', '.', '..', 'a/b', 'a%2Fb']) {
    assert.throws(() => pathOf(RESOURCES.pod, { namespace: 'a', name }), RangeError);
    assert.throws(() => pathOf(RESOURCES.pod, { namespace: name }), RangeError);
  }
  assert.equal(pathOf(RESOURCES.node, { name: 'system:a?b' }), '/api/v1/nodes/system%3Aa%3Fb');
});

test('a namespaced object without a namespace has no path', () => {
  assert.throws(() => pathOf(RESOURCES.pod, { name: 'a' }), /Cannot address Pod a: it has no namespace, want one/);
});

test('finds every kind again by its apiVersion and kind', () => {
  for (const resource of Object.values(RESOURCES)) {
    assert.equal(resourceFor({ apiVersion: apiVersionOf(resource), kind: resource.kind }), resource);
  }
  assert.equal(findResource({ apiVersion: 'v2', kind: 'Pod' }), undefined);
  assert.throws(() => resourceFor({ apiVersion: 'v2', kind: 'Pod' }), /Cannot address a Pod of v2/);
});
