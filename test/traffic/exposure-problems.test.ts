import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { Affinity, Exposure } from '#src/rollout/exposure.ts';
import type { RequestMatch } from '#src/rollout/request-match.ts';
import { exposureProblems } from '#src/traffic/exposure-problems.ts';
import { httpRoute } from '#src/traffic/httproute.ts';
import { ingressNginx } from '#src/traffic/ingress-nginx.ts';
import type { RouteRef, Router } from '#src/traffic/router.ts';
import { anIngress, aRouteInGit, gateway, routeRef } from './a-route.ts';
import { RouteWorld } from './route-world.ts';

const classOf = (controllerName: string): KubeObject => ({
  ...gateway,
  kind: 'GatewayClass',
  metadata: { name: 'traefik' },
  spec: { controllerName },
});

const told = (
  of: { readonly router: Router; readonly ref: RouteRef; readonly objects: readonly KubeObject[] },
  ...exposures: readonly Exposure[]
): readonly string[] =>
  exposureProblems({ ...of, objects: new RouteWorld(of.objects) }, exposures).map(
    ({ where, message, reason }) => `${reason} ${where}: ${message}`,
  );

const header = (name: string): RequestMatch => [{ on: 'header', name, op: 'exact', value: 'always' }];
const ingressRef = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'shop' };
const nginx = {
  router: ingressNginx,
  ref: { ...routeRef, gatewayRefs: [], hosts: [], ingressRef },
  objects: [anIngress({})],
};
const traefik = { router: httpRoute, ref: routeRef, objects: [gateway, classOf('traefik.io/gateway-controller')] };

test('what the route takes is no problem', () => {
  assert.deepEqual(told(traefik), []);
  assert.deepEqual(told(traefik, { canaryWeight: 0, pinned: [header('x-canary'), header('x-beta')] }), []);
  assert.deepEqual(told(nginx, { canaryWeight: 0, pinned: [header('x-canary')] }), []);
});

test('what it cannot take is told by the field that asks for it, with what would be right', () => {
  assert.deepEqual(told(traefik, { canaryWeight: 0, mirror: 100 }), [
    'InvalidSpec spec.analysis.mirror: Gateway API HTTPRoute cannot mirror requests; want weights, or another data plane',
  ]);
  assert.deepEqual(told(nginx, { canaryWeight: 0, pinned: [header('x-canary'), header('x-beta')] }), [
    'InvalidSpec spec.analysis.match: ingress-nginx takes one header to tell requests by; want one alternative of headers',
  ]);
});

test('clients that the plane cannot keep on their side are told', () => {
  const affinity: Affinity = {
    canary: { name: 'side', value: '0123456789' },
    primary: { name: 'side-primary', value: '0123456789-10' },
    attributes: { maxAge: 60 },
  };
  assert.deepEqual(told(nginx, { canaryWeight: 10, affinity }), [
    'InvalidSpec spec.analysis.sessionAffinity: ingress-nginx cannot set a cookie on the answers of each side; want no session affinity',
  ]);
});

test('a rule of somebody else that would lose requests is told before a run begins', () => {
  const route = aRouteInGit();
  const rules = [
    {
      matches: [{ path: { type: 'PathPrefix', value: '/' }, headers: [{ name: 'x-tenant', value: 'a' }] }],
      backendRefs: [{ name: 'cart', port: 80 }],
    },
    { matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ name: 'podinfo', port: 80 }] },
  ];
  const shared = { ...route, spec: { rules } };
  const ref = {
    ...routeRef,
    gatewayRefs: [],
    hosts: [],
    routeRef: { apiVersion: route.apiVersion, kind: route.kind, name: 'shop' },
  };
  const [message = ''] = told(
    { ...traefik, ref, objects: [...traefik.objects, shared] },
    { canaryWeight: 0, pinned: [[...header('x-canary'), ...header('x-beta')]] },
  );
  assert.match(message, /^InvalidSpec spec\.analysis\.match: its rule 1 leads elsewhere and would lose requests/);
});

test('while nobody can tell what the plane is, nothing is a problem', () => {
  const { ref, router } = traefik;
  const objects = { get: () => undefined, sees: () => false };
  assert.deepEqual(exposureProblems({ router, ref, objects }, [{ canaryWeight: 0, mirror: 100 }]), []);
});

test('a route that cannot be written at all has its own problem', () => {
  const broken: Router = {
    ...httpRoute,
    plan: () => {
      throw new RangeError('Cannot write the route: it is too long; want less');
    },
  };
  assert.deepEqual(told({ ...traefik, router: broken }, { canaryWeight: 0, mirror: 100 }), []);
});
