import assert from 'node:assert/strict';
import type { JsonRecord } from '#src/lib/json.ts';
import { isRecord, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { httpRoute } from '#src/traffic/httproute.ts';
import { ingressNginx } from '#src/traffic/ingress-nginx.ts';
import { crdSchema, defaulted, violations } from '#test/fixtures/structural-schema.ts';
import { anIngress, aRouteInGit, aRouteInSeveralRules, gateway, routeRef } from '#test/traffic/a-route.ts';
import { routesOf, routeTraffic } from '#test/traffic/httproute-plane.ts';
import { ingressTraffic } from '#test/traffic/ingress-nginx-plane.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';
import { pinSamples } from './pin-samples.ts';
import type { PinSample, RouterCase } from './router-case.ts';
import { routerContract } from './router-contract.ts';
import { aRequest, type SampleRequest } from './sample-request.ts';

const schema = crdSchema('./httproutes.gateway.networking.k8s.io.yaml');

/** Defaults and validates HTTPRoutes by the real CRD, and by those of its rules that matter here; other kinds pass. */
const admit = (object: KubeObject): KubeObject => {
  if (object.kind !== 'HTTPRoute') return object;
  const spec = recordAt({ spec: defaulted(recordAt(schema, 'properties', 'spec'), object['spec']) }, 'spec');
  assert.deepEqual(violations(recordAt(schema, 'properties', 'spec'), spec, 'spec'), []);
  const rules = listAt(spec, 'rules');
  const matches = rules.flatMap((rule) => listAt(rule, 'matches'));
  assert.ok(matches.length <= 128, 'matches of all rules');
  for (const list of [rules, ...matches.flatMap((match) => [listAt(match, 'headers'), listAt(match, 'queryParams')])]) {
    const names = list.flatMap((item) => stringAt(item, 'name')?.toLowerCase() ?? []);
    assert.equal(new Set(names).size, names.length, `one of each name: ${names.join(', ')}`);
  }
  for (const rule of rules) {
    const replaces = listAt(rule, 'filters').some(
      (it) => stringAt(it, 'urlRewrite', 'path', 'replacePrefixMatch') !== undefined,
    );
    assert.ok(!replaces || listAt(rule, 'matches').length === 1, 'one match where its prefix is replaced');
  }
  return { ...object, spec };
};

/** The plane writes its status for the newest generation, or for the one before. */
const answerAs =
  (controllerName: string): NonNullable<RouterCase['answer']> =>
  (world, which) => {
    for (const route of routesOf(world)) {
      const observedGeneration = (route.metadata.generation ?? 0) - (which === 'newest' ? 0 : 1);
      const conditions = ['Accepted', 'ResolvedRefs'].map((type) => ({
        type,
        status: 'True',
        reason: type,
        message: '',
        observedGeneration,
      }));
      const parents = listAt(route, 'spec', 'parentRefs').map((parentRef) => ({
        parentRef,
        controllerName,
        conditions,
      }));
      world.put({ ...route, status: { parents } });
    }
  };

/** Somebody adds a host name in Git. */
const addHost = (world: RouteWorld): void => {
  for (const route of routesOf(world).filter(({ metadata }) => metadata.name === 'shop')) {
    const hostnames = [...new Set([...listAt(route, 'spec', 'hostnames'), 'new.example.com'])];
    world.put({ ...route, spec: { ...recordAt(route, 'spec'), hostnames } });
  }
};

/** Before there is a route, all that will be is the sides'. */
const ownTraffic: RouterCase['traffic'] = (world, request) =>
  routesOf(world).length === 0 ? [{ primary: 100, canary: 0, other: {} }] : routeTraffic(world, request);

const byRoute = { ...routeRef, gatewayRefs: [], hosts: [] };
const shop = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name: 'shop' };

/** A route behind a Gateway that this controller serves. */
const routeCase = ({
  controller = 'traefik.io/gateway-controller',
  route,
  ...given
}: Pick<RouterCase, 'name' | 'golden'> & {
  readonly controller?: string;
  readonly route?: KubeObject;
  readonly admit?: RouterCase['admit'];
  readonly requests?: readonly SampleRequest[];
}): void => {
  const gatewayClass = {
    ...gateway,
    kind: 'GatewayClass',
    metadata: { name: 'traefik' },
    spec: { controllerName: controller },
  };
  const before = [gateway, gatewayClass, ...(route === undefined ? [] : [route])];
  const ref = route === undefined ? routeRef : { ...byRoute, routeRef: shop };
  routerContract({
    router: httpRoute,
    ref,
    before,
    admit,
    traffic: route === undefined ? ownTraffic : routeTraffic,
    pins: pinSamples(httpRoute.capabilities(new RouteWorld(before), ref)),
    edit: route === undefined ? () => {} : addHost,
    answer: answerAs(controller),
    ...given,
  });
};

routeCase({ name: 'HTTPRoute made by Serin', golden: 'httproute-own' });

routeCase({
  name: 'HTTPRoute made by Serin, on a plane that mirrors',
  golden: 'httproute-own-mirror',
  controller: 'istio.io/gateway-controller',
});

routeCase({ name: 'HTTPRoute adopted from Git', golden: 'httproute-adopted', route: aRouteInGit() });

routeCase({
  name: 'HTTPRoute adopted from Git, shared with another backend',
  golden: 'httproute-shared',
  controller: 'kgateway.dev/kgateway',
  route: aRouteInGit({
    backends: [
      { name: 'legacy', port: 80, weight: 1 },
      { name: 'podinfo', port: 80, weight: 3 },
    ],
  }),
});

routeCase({
  name: 'HTTPRoute adopted from Git, shared, with filters on its backend, on a plane that sets cookies',
  golden: 'httproute-shared-filters',
  route: aRouteInGit({
    backends: [
      { name: 'legacy', port: 80, weight: 3 },
      {
        name: 'podinfo',
        port: 80,
        weight: 7,
        filters: [
          { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-from', value: 'shop' }] } },
          { type: 'ResponseHeaderModifier', responseHeaderModifier: { add: [{ name: 'x-by', value: 'shop' }] } },
        ],
      },
    ],
  }),
});

routeCase({
  name: 'HTTPRoute adopted from Git, with session persistence',
  golden: 'httproute-sticky',
  route: aRouteInGit({ rule: { sessionPersistence: { sessionName: 'shop' } } }),
  // The standard channel's schema does not know sessionPersistence.
  admit: (object) => object,
});

routeCase({
  name: 'HTTPRoute adopted from Git, with a prefix that is replaced and rules that tell requests by themselves',
  golden: 'httproute-several',
  controller: 'gateway.envoyproxy.io/gatewayclass-controller',
  route: aRouteInSeveralRules(),
  requests: [
    aRequest({ headers: { 'x-tenant': 'one' } }),
    aRequest({ headers: { 'x-tenant': 'one', 'x-canary': 'insider', cookie: 'canary=always' } }),
    aRequest({ method: 'DELETE', headers: { 'x-canary': 'insider' } }),
    aRequest({ method: 'POST', headers: { 'x-tenant': 'one', 'x-canary': 'insider' } }),
  ],
});

/** One header and one cookie, whose value says `always`, in the few characters that an annotation takes. */
const isOfIngress = ({ pinned }: PinSample): boolean => {
  const conditions = pinned.flat();
  const places = conditions.map(({ on }) => on);
  return (
    new Set(places).size === places.length &&
    conditions.every(({ on, value }) => (on === 'cookie' ? value === 'always' : !value.includes('+(')))
  );
};

/** Somebody sets an annotation and a rule for another service in Git. */
const editIngress = (world: RouteWorld): void => {
  const ingress = world.all().find(({ metadata }) => metadata.name === 'shop');
  assert.ok(ingress);
  const rules: readonly JsonRecord[] = listAt(ingress, 'spec', 'rules').filter(isRecord);
  const admin = { host: 'admin.example.com', http: { paths: [] } };
  world.put({
    ...ingress,
    metadata: {
      ...ingress.metadata,
      annotations: { ...ingress.metadata.annotations, 'nginx.ingress.kubernetes.io/load-balance': 'ewma' },
    },
    spec: {
      ...recordAt(ingress, 'spec'),
      rules: [...rules.filter((rule) => rule['host'] !== admin.host), admin],
    },
  });
};

const ingressCase = ({
  ingress,
  ...given
}: Pick<RouterCase, 'name' | 'golden'> & { readonly ingress: KubeObject }): void => {
  const ingressRef = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'shop' };
  const ref = { ...routeRef, gatewayRefs: [], hosts: [], ingressRef };
  routerContract({
    router: ingressNginx,
    ref,
    before: [ingress],
    admit: (object) => object,
    traffic: ingressTraffic,
    pins: pinSamples(ingressNginx.capabilities(new RouteWorld([ingress]), ref)).filter(isOfIngress),
    edit: editIngress,
    ...given,
  });
};

ingressCase({ name: 'ingress-nginx canary annotations', golden: 'ingress', ingress: anIngress({}) });
ingressCase({
  name: 'ingress-nginx canary annotations, with session affinity',
  golden: 'ingress-affinity',
  ingress: anIngress(),
});
