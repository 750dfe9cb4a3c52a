import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routerFor } from '#src/traffic/routers.ts';

const service = { port: 80, portName: 'http' };
const gatewayRefs = [{ name: 'edge' }];
const routeRef = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name: 'shop' };
const ingressRef = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'shop' };

const answer = (spec: Parameters<typeof routerFor>[0]): string => {
  const found = routerFor(spec);
  return 'router' in found ? found.router.id : `${found.problem.where}: ${found.problem.message}`;
};

test('the router follows from the provider, or from what the Canary refers to', () => {
  assert.equal(answer({ service: { ...service, gatewayRefs } }), 'gatewayapi');
  assert.equal(answer({ service, routeRef }), 'gatewayapi');
  assert.equal(answer({ service, ingressRef }), 'nginx');
  assert.equal(answer({ service: { ...service, gateways: ['edge'] } }), 'istio');
  for (const provider of ['istio', 'appmesh', 'gloo'] as const) assert.equal(answer({ service, provider }), provider);
  assert.equal(answer({ service, provider: 'nginx', ingressRef }), 'nginx');
});

test('what is not supported is refused with what would be', () => {
  assert.equal(
    answer({ service, provider: 'traefik' }),
    'spec.provider: provider "traefik" is not supported yet: want gatewayapi, istio, nginx, appmesh or gloo',
  );
  assert.match(answer({ service }), /nothing tells the data plane/);
});
