import assert from 'node:assert/strict';
import { test } from 'node:test';
import { providerOf } from '#src/api/provider.ts';

const service = { port: 80, portName: 'http' };
const ref = { apiVersion: 'v1', kind: 'X', name: 'podinfo' };

test('the data plane follows from what the Canary refers to', () => {
  assert.equal(providerOf({ service: { ...service, gatewayRefs: [{ name: 'edge' }] } }), 'gatewayapi');
  assert.equal(providerOf({ service, routeRef: ref }), 'gatewayapi');
  assert.equal(providerOf({ service, ingressRef: ref }), 'nginx');
  assert.equal(providerOf({ service, routeRef: { ...ref, kind: 'VirtualService' } }), 'istio');
  assert.equal(providerOf({ service: { ...service, gateways: ['edge'] } }), 'istio');
  assert.equal(providerOf({ service: { ...service, gatewayRefs: [], gateways: [] } }), undefined);
});

test('what is written counts before what follows', () => {
  assert.equal(providerOf({ service, ingressRef: ref, provider: 'gatewayapi:v1' }), 'gatewayapi');
  assert.equal(providerOf({ service, routeRef: ref, provider: 'nginx' }), 'nginx');
  assert.equal(providerOf({ service, provider: 'appmesh:v1beta2' }), 'appmesh');
  assert.equal(providerOf({ service, routeRef: ref, provider: 'traefik' }), undefined);
});
