import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dependencies, tokensOf } from '#src/controller/dependencies.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';

const object = (kind: string, name: string, metadata: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'shop', ...metadata },
});

test('whoever read something is affected by it, until it reads something else', () => {
  const dependencies = new Dependencies();
  dependencies.record('shop/a', new Set(['Service shop/app', 'Pod owner=u1']));
  dependencies.record('shop/b', new Set(['Service shop/app']));
  assert.deepEqual([...dependencies.affected(['Service shop/app'])], ['shop/a', 'shop/b']);
  assert.deepEqual([...dependencies.affected(['Pod owner=u1', 'Pod owner=u2'])], ['shop/a']);
  dependencies.record('shop/a', new Set(['Pod owner=u2']));
  assert.deepEqual([...dependencies.affected(['Service shop/app', 'Pod owner=u1'])], ['shop/b']);
  assert.deepEqual([...dependencies.affected(['Pod owner=u2'])], ['shop/a']);
  dependencies.record('shop/a', new Set());
  assert.deepEqual([...dependencies.affected(['Pod owner=u2'])], []);
});

test('what is read after it was recorded counts when it is recorded itself', () => {
  const dependencies = new Dependencies();
  const tokens = new Set(['Service shop/app']);
  dependencies.record('shop/a', tokens);
  tokens.add('ConfigMap shop/settings');
  assert.deepEqual([...dependencies.affected(['ConfigMap shop/settings'])], []);
  dependencies.record('shop/a', new Set(tokens));
  assert.deepEqual([...dependencies.affected(['ConfigMap shop/settings'])], ['shop/a']);
});

test('a change touches the object, its owners, and every list that it stands in', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app-1', uid: 'u1' };
  assert.deepEqual(tokensOf(object('Pod', 'app-1-x', { ownerReferences: [owner] })), [
    'Pod shop/app-1-x',
    'Pod owner=u1',
  ]);
  const labels = { 'kubernetes.io/service-name': 'app' };
  assert.deepEqual(tokensOf(object('EndpointSlice', 'app-x', { labels })), [
    'EndpointSlice shop/app-x',
    'EndpointSlice service=shop/app',
  ]);
  assert.deepEqual(tokensOf(object('NetworkPolicy', 'deny')), ['NetworkPolicy shop/deny', 'NetworkPolicy in shop']);
  const service = { name: 'web', hosts: ['app.example.com'], gatewayRefs: [{ name: 'edge', namespace: 'ingress' }] };
  const spec = { targetRef: { name: 'app' }, service };
  const canary = { ...object('Canary', 'app'), apiVersion: 'serin.dev/v1alpha1', spec };
  assert.deepEqual(tokensOf(canary), [
    'Canary shop/app',
    'Canary claim=shop/target/app',
    'Canary claim=shop/apex/web',
    'Canary claim=shop/place/ingress/edge/app.example.com',
  ]);
});
