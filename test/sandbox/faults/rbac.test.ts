import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeRequest } from '#src/kube/transport.ts';
import { at, stringAt } from '#src/lib/json.ts';
import { type Right, rbac } from '#src/sandbox/faults/rbac.ts';

const DENIED: readonly (readonly [KubeRequest, string])[] = [
  [
    { method: 'GET', path: '/apis/apps/v1/deployments' },
    'deployments.apps is forbidden: User "serin" cannot list resource "deployments" in API group "apps" at the cluster scope',
  ],
  [
    { method: 'GET', path: '/api/v1/namespaces/shop/pods', query: { watch: 'true' } },
    'pods is forbidden: User "serin" cannot watch resource "pods" in API group "" in the namespace "shop"',
  ],
  [
    { method: 'PUT', path: '/apis/serin.dev/v1alpha1/namespaces/shop/canaries/podinfo/status' },
    'canaries.serin.dev "podinfo" is forbidden: User "serin" cannot update resource "canaries/status" in API group "serin.dev" in the namespace "shop"',
  ],
  [
    { method: 'POST', path: '/api/v1/namespaces/shop/services' },
    'services is forbidden: User "serin" cannot create resource "services" in API group "" in the namespace "shop"',
  ],
];

test('refuses in the words of a real API server', () => {
  for (const [request, words] of DENIED) {
    const answer = rbac(request, { user: 'serin', lacks: () => true });
    assert.equal(answer?.status, 403);
    assert.equal(stringAt(answer?.body, 'message'), words);
  }
});

test('lets pass what is granted, and what is no object', () => {
  for (const path of ['/version', '/apis', '/apis/apps/v1']) {
    assert.equal(rbac({ method: 'GET', path }, { user: 'serin', lacks: () => true }), undefined);
  }
  const lacks = ({ resource }: Right): boolean => resource === 'pods';
  assert.equal(rbac({ method: 'GET', path: '/api/v1/services' }, { user: 'serin', lacks }), undefined);
});

test('tells whoever asks what he may do', () => {
  const asked: Right[] = [];
  const lacks = (right: Right): boolean => asked.push(right) > 1;
  const resourceAttributes = { verb: 'update', group: 'serin.dev', resource: 'canaries', subresource: 'status' };
  const request = {
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: { spec: { resourceAttributes } },
  } as const;
  const answers = [1, 2].map(() => at(rbac(request, { user: 'serin', lacks })?.body, 'status', 'allowed'));
  assert.deepEqual(answers, [true, false]);
  assert.deepEqual(asked[0], { verb: 'update', group: 'serin.dev', resource: 'canaries/status' });
});
