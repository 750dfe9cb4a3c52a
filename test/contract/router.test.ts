import assert from 'node:assert/strict';
import type { JsonRecord } from '#src/lib/json.ts';
import { isRecord, listAt, numberAt, recordAt, stringAt, stringsAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { httpRoute } from '#src/traffic/httproute.ts';
import { ingressNginx } from '#src/traffic/ingress-nginx.ts';
import { crdSchema, defaulted, violations } from '#test/fixtures/structural-schema.ts';
import { anIngress, aRouteInGit, gateway, routeRef } from '#test/traffic/a-route.ts';
import type { RouteWorld } from '#test/traffic/route-world.ts';
import type { Traffic } from './router-case.ts';
import { routerContract } from './router-contract.ts';

const schema = crdSchema('./httproutes.gateway.networking.k8s.io.yaml');

/** Defaults and validates HTTPRoutes by the real CRD; other kinds pass. */
const admit = (object: KubeObject): KubeObject => {
  if (object.kind !== 'HTTPRoute') return object;
  const spec = recordAt({ spec: defaulted(recordAt(schema, 'properties', 'spec'), object['spec']) }, 'spec');
  assert.deepEqual(violations(recordAt(schema, 'properties', 'spec'), spec, 'spec'), []);
  return { ...object, spec };
};

const routesOf = (world: RouteWorld): readonly KubeObject[] => world.all().filter(({ kind }) => kind === 'HTTPRoute');

/** Shares of each rule that leads to the apex or its sides, by the Gateway API's arithmetic: relative weights. */
const routeTraffic = (world: RouteWorld): readonly Traffic[] =>
  routesOf(world)
    .flatMap((route) => listAt(route, 'spec', 'rules'))
    .map((rule) => {
      const backends = listAt(rule, 'backendRefs');
      const total = backends.reduce<number>((sum, backend) => sum + (numberAt(backend, 'weight') ?? 1), 0);
      const share = (backend: unknown): number => ((numberAt(backend, 'weight') ?? 1) * 100) / total;
      const of = (...names: readonly string[]): number =>
        backends
          .filter((backend) => names.includes(stringAt(backend, 'name') ?? ''))
          .reduce<number>((sum, backend) => sum + share(backend), 0);
      const other = backends.filter((backend) => !stringAt(backend, 'name')?.startsWith('podinfo'));
      return {
        primary: of('podinfo', 'podinfo-primary'),
        canary: of('podinfo-canary'),
        other: Object.fromEntries(other.map((backend) => [stringAt(backend, 'name') ?? '', share(backend)])),
      };
    })
    .filter(({ primary, canary }) => primary + canary > 0);

/** The plane writes its status for the newest generation, or for the one before. */
const answer = (world: RouteWorld, which: 'newest' | 'older'): void => {
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
      controllerName: 'traefik.io/gateway-controller',
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

routerContract({
  name: 'HTTPRoute made by Serin',
  golden: 'httproute-own',
  router: httpRoute,
  ref: routeRef,
  before: [gateway],
  admit,
  // Nothing leads to the apex before: all of what will be is the sides'.
  traffic: (world) => (routesOf(world).length === 0 ? [{ primary: 100, canary: 0, other: {} }] : routeTraffic(world)),
  edit: () => {},
  answer,
});

const byRoute = { ...routeRef, gatewayRefs: [], hosts: [] };
const shop = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name: 'shop' };

routerContract({
  name: 'HTTPRoute adopted from Git',
  golden: 'httproute-adopted',
  router: httpRoute,
  ref: { ...byRoute, routeRef: shop },
  before: [gateway, aRouteInGit()],
  admit,
  traffic: routeTraffic,
  edit: addHost,
  answer,
});

routerContract({
  name: 'HTTPRoute adopted from Git, shared with another backend',
  golden: 'httproute-shared',
  router: httpRoute,
  ref: { ...byRoute, routeRef: shop },
  before: [
    gateway,
    aRouteInGit({
      backends: [
        { name: 'legacy', port: 80, weight: 1 },
        { name: 'podinfo', port: 80, weight: 3 },
      ],
    }),
  ],
  admit,
  traffic: routeTraffic,
  edit: addHost,
  answer,
});

routerContract({
  name: 'HTTPRoute adopted from Git, with session persistence',
  golden: 'httproute-sticky',
  router: httpRoute,
  ref: { ...byRoute, routeRef: shop },
  before: [gateway, aRouteInGit({ rule: { sessionPersistence: { sessionName: 'shop' } } })],
  // The standard channel's schema does not know sessionPersistence.
  admit: (object) => object,
  traffic: routeTraffic,
  edit: addHost,
  answer,
});

/** Shares by ingress-nginx's rules: a canary Ingress counts if its class is the plane's and it has the same places. */
const ingressTraffic = (world: RouteWorld): readonly Traffic[] => {
  const places = (ingress: KubeObject): readonly { place: string; service: string }[] =>
    listAt(ingress, 'spec', 'rules').flatMap((rule) =>
      listAt(rule, 'http', 'paths').map((path) => ({
        place: `${stringAt(rule, 'host')}${stringAt(path, 'path')}`,
        service: stringAt(path, 'backend', 'service', 'name') ?? '',
      })),
    );
  const served = world.all().filter((object) => stringAt(object, 'spec', 'ingressClassName') === 'nginx');
  const annotations = (object: KubeObject): Readonly<Record<string, string>> =>
    stringsAt(object, 'metadata', 'annotations');
  const isCanary = (object: KubeObject): boolean =>
    annotations(object)['nginx.ingress.kubernetes.io/canary'] === 'true';
  const canaries = served.filter(isCanary);
  return served
    .filter((object) => !isCanary(object))
    .flatMap(places)
    .filter(({ service }) => service === 'podinfo')
    .map(({ place }) => {
      const canary = canaries.find((object) =>
        places(object).some((other) => other.place === place && other.service === 'podinfo-canary'),
      );
      const weight = Number(canary ? annotations(canary)['nginx.ingress.kubernetes.io/canary-weight'] : 0);
      return { primary: 100 - weight, canary: weight, other: {} };
    });
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

routerContract({
  name: 'ingress-nginx canary annotations',
  golden: 'ingress-nginx',
  router: ingressNginx,
  ref: {
    ...routeRef,
    gatewayRefs: [],
    hosts: [],
    ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'shop' },
  },
  before: [anIngress()],
  admit: (object) => object,
  traffic: ingressTraffic,
  edit: editIngress,
});
