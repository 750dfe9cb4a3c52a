import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { istio } from '#src/traffic/istio.ts';
import type { Objects, RouteRef } from '#src/traffic/router.ts';
import { twoWay } from '#src/traffic/split.ts';
import { RouteWorld } from '../route-world.ts';
import { aDestinationRule, adoptingRef, aVirtualService, edgeGateway, istioRef } from './an-istio.ts';

const said = (objects: Objects, ref: RouteRef): readonly string[] =>
  istio.problems(objects, ref).map(({ where, message }) => `${where}: ${message}`);

const ownWith = (objects: readonly KubeObject[], ref: RouteRef = istioRef): readonly string[] =>
  said(new RouteWorld([edgeGateway, ...objects]), ref);

const adoptedWith = (spec: JsonRecord, objects: readonly KubeObject[] = []): readonly string[] =>
  said(new RouteWorld([aVirtualService(spec), ...objects]), adoptingRef);

const leadTo = (...destinations: readonly JsonRecord[]): JsonRecord => ({
  http: [{ route: destinations.map((destination) => ({ destination })) }],
});

const named = (object: KubeObject, name: string, more: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, name, ...more },
});

test('names that are taken are told with who has taken them', () => {
  const managedFields = [{ manager: 'kustomize-controller', operation: 'Apply' }];
  assert.deepEqual(ownWith([named(aVirtualService({}), 'podinfo', { managedFields })]), [
    'VirtualService shop/podinfo: it exists and was made by field manager kustomize-controller; want spec.routeRef to name it, so that Serin adopts it, or another name',
  ]);
  const labels = { 'serin.dev/canary-uid': 'canary-2' };
  assert.deepEqual(ownWith([named(aVirtualService({}), 'podinfo', { labels })]), [
    'VirtualService shop/podinfo: it was made for another Canary (uid canary-2); want it deleted if that Canary is gone, or another spec.service.name',
  ]);
  const rule = named(aDestinationRule('podinfo-canary', { host: 'podinfo-canary' }), 'podinfo-canary', {
    managedFields,
  });
  assert.deepEqual(ownWith([rule]), [
    'DestinationRule shop/podinfo-canary: it exists and was made by field manager kustomize-controller; want it deleted, with what it says in spec.service.trafficPolicy',
  ]);
});

test('what is somebody else’s is never written nor deleted', () => {
  const world = new RouteWorld([edgeGateway, named(aVirtualService({}), 'podinfo')]);
  assert.deepEqual(istio.plan(world, istioRef, { split: twoWay(istioRef, 5) }).patches, []);
  assert.deepEqual(istio.release(world, istioRef).patches, []);
  assert.equal(istio.observe(world, istioRef), undefined);
  const theirs = new RouteWorld([edgeGateway, aDestinationRule('podinfo-canary', { host: 'podinfo-canary' })]);
  theirs.write(istio.plan(theirs, istioRef, { split: twoWay(istioRef, 5) }).patches);
  theirs.write(istio.release(theirs, istioRef).patches);
  assert.deepEqual(
    theirs.all().map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ['Gateway edge', 'DestinationRule podinfo-canary'],
  );
});

test('gateways must exist, in whatever form they are written, where they can be seen', () => {
  const forms = ['gateways/edge', 'edge.gateways', 'edge.gateways.svc.cluster.local', 'mesh'];
  assert.deepEqual(ownWith([], { ...istioRef, options: { gateways: forms } }), []);
  assert.deepEqual(ownWith([], { ...istioRef, options: { gateways: ['mesh', 'edge', './edge', 'edge.other'] } }), [
    'spec.service.gateways[1]: Gateway shop/edge of networking.istio.io does not exist; want one that is there, as namespace/name, or mesh',
    'spec.service.gateways[2]: Gateway shop/edge of networking.istio.io does not exist; want one that is there, as namespace/name, or mesh',
    'spec.service.gateways[3]: Gateway other/edge of networking.istio.io does not exist; want one that is there, as namespace/name, or mesh',
  ]);
  const blind: Objects = { get: () => undefined, sees: ({ kind }) => kind !== 'Gateway' };
  assert.deepEqual(said(blind, istioRef), []);
});

test('options that a route cannot have are told', () => {
  const tcp = { appProtocol: 'tcp', timeout: '5s', match: [{ port: 80, uri: { prefix: '/' } }] };
  assert.deepEqual(ownWith([], { ...istioRef, options: tcp }), [
    'spec.service.timeout: it is for HTTP requests, and appProtocol is tcp; want it left out, or another appProtocol',
    'spec.service.match: uri is for HTTP requests, and appProtocol is tcp; want port, gateways, sourceLabels, sourceNamespace or destinationSubnets',
  ]);
  assert.deepEqual(ownWith([], { ...istioRef, hosts: [], options: { delegation: true, appProtocol: 'tcp' } }), [
    'spec.service.delegation: Istio delegates HTTP requests only, and appProtocol is tcp; want it left out, or another appProtocol',
  ]);
  assert.deepEqual(ownWith([], { ...istioRef, options: { delegation: true, gateways: ['gateways/edge'] } }), [
    'spec.service.delegation: a delegate has the hosts and gateways of the VirtualService that delegates to it; want neither here',
  ]);
  assert.deepEqual(ownWith([], { ...istioRef, hosts: ['*'] }), [
    'spec.service.hosts: Istio takes host * on Gateways only, not in the mesh; want hosts by name, or gateways without mesh',
  ]);
});

test('a second VirtualService for a host in the mesh is in the way, whatever it matches', () => {
  const match = [{ uri: { prefix: '/cart' } }];
  const other = (spec: JsonRecord): KubeObject =>
    aVirtualService({ http: [{ match, route: [{ destination: { host: 'cart' } }] }], gateways: ['mesh'], ...spec });
  const words =
    'VirtualService shop/shop: it is a second VirtualService for host podinfo in the mesh, where Istio takes only one of them; want one VirtualService for the host';
  assert.deepEqual(ownWith([other({ hosts: ['podinfo.shop.svc.cluster.local'] })]), [words]);
  assert.deepEqual(ownWith([other({ hosts: ['podinfo'], gateways: [] })]), [words]);
  assert.deepEqual(ownWith([other({ hosts: ['podinfo.other'] }), other({ hosts: ['cart'] })]), []);
  const ingressOnly = { ...istioRef, options: { gateways: ['gateways/edge'] } };
  assert.deepEqual(ownWith([other({ hosts: ['podinfo'] })], ingressOnly), []);
});

test('on a Gateway it is in the way unless the matches exclude each other', () => {
  const words =
    'VirtualService shop/shop: it is a second VirtualService for host podinfo.example.com on Gateway gateways/edge, and may be meant by the same requests, of which Istio leaves open who gets them; want one VirtualService for the host, or matches that exclude each other';
  const between = (ours: JsonRecord | undefined, theirs: JsonRecord | undefined): readonly string[] => {
    const match = theirs === undefined ? {} : { match: [theirs] };
    const http = [{ ...match, route: [{ destination: { host: 'cart' } }] }];
    const options = { gateways: ['gateways/edge'], ...(ours === undefined ? {} : { match: [ours] }) };
    const other = aVirtualService({ gateways: ['edge.gateways.svc.cluster.local'], http });
    return ownWith([other], { ...istioRef, options });
  };
  const [api, cart] = [{ uri: { prefix: '/api' } }, { uri: { prefix: '/cart' } }];
  const everything = { uri: { prefix: '/' } };
  assert.deepEqual(between(api, cart), []);
  assert.deepEqual(between(api, { uri: { exact: '/cart' } }), []);
  // What takes everything comes last, but a pin of ours would not.
  for (const theirs of [undefined, everything]) assert.deepEqual(between(api, theirs), []);
  for (const ours of [undefined, everything]) assert.deepEqual(between(ours, cart), [words]);
  assert.deepEqual(between(undefined, undefined), [words]);
  assert.deepEqual(between(api, { uri: { prefix: '/api/v2' } }), [words]);
  assert.deepEqual(between(api, { uri: { regex: '/cart.*' } }), [words]);
  assert.deepEqual(between(api, { ...cart, ignoreUriCase: true }), [words]);
  const header = (value: string) => ({ ...api, headers: { 'x-tenant': { exact: value } } });
  assert.deepEqual(between(header('blue'), header('green')), []);
  assert.deepEqual(between(header('blue'), header('blue')), [words]);
});

test('a delegate has no hosts, so that nothing competes with it', () => {
  const root = aVirtualService({ http: [{ delegate: { name: 'podinfo' } }] });
  assert.deepEqual(ownWith([root], { ...istioRef, hosts: [], options: { delegation: true } }), []);
});

test('one to adopt must exist, be nobody else’s and lead to the apex', () => {
  assert.deepEqual(said(new RouteWorld([]), adoptingRef), [
    'spec.routeRef: VirtualService shop/shop does not exist; want the one that leads to Service podinfo',
  ]);
  assert.deepEqual(adoptedWith(leadTo({ host: 'cart' })), [
    'VirtualService shop/shop: no route of it leads to host podinfo, or to podinfo-primary and podinfo-canary; want a destination with that host',
  ]);
  assert.deepEqual(adoptedWith({ http: [{ delegate: { name: 'api', namespace: 'routes' } }] }), [
    'VirtualService shop/shop: no route of it leads to host podinfo, or to podinfo-primary and podinfo-canary; want spec.routeRef to name its delegate routes/api',
  ]);
  const world = new RouteWorld([aVirtualService(leadTo({ host: 'podinfo' }))]);
  world.write(istio.plan(world, adoptingRef, { split: twoWay(adoptingRef, 5) }).patches);
  const other = { ...adoptingRef, canaryUid: 'canary-2' };
  assert.deepEqual(said(world, other), [
    'VirtualService shop/shop: it is adopted by another Canary; want one VirtualService for each Canary, which is all that is supported yet',
  ]);
  assert.deepEqual(istio.plan(world, other, { split: twoWay(other, 50) }).patches, []);
  assert.deepEqual(istio.release(world, other).patches, []);
});

test('one to adopt must give the apex a weight', () => {
  const http = [
    { name: 'api', route: [{ destination: { host: 'podinfo' } }, { destination: { host: 'old' }, weight: 100 }] },
  ];
  assert.deepEqual(adoptedWith({ http }), [
    'VirtualService shop/shop: http route api leads to Service podinfo with weight 0, of which no part can go to the canary; want a weight',
  ]);
});

test('a subset of the apex host must be defined, or the sides could not have it', () => {
  const spec = leadTo({ host: 'podinfo', subset: 'v1' });
  const words =
    'VirtualService shop/shop: subset v1 of host podinfo is defined by no DestinationRule; want one in namespace shop for that host with that subset';
  const rule = (name: string): KubeObject =>
    aDestinationRule('podinfo', { host: 'podinfo', subsets: [{ name, labels: { version: '1' } }] });
  assert.deepEqual(adoptedWith(spec), [words]);
  assert.deepEqual(adoptedWith(spec, [rule('v2')]), [words]);
  assert.deepEqual(adoptedWith(spec, [rule('v1')]), []);
  const { get } = new RouteWorld([aVirtualService(spec)]);
  assert.deepEqual(said({ get, list: () => [], sees: ({ kind }) => kind !== 'DestinationRule' }, adoptingRef), []);
  assert.deepEqual(adoptedWith(spec, [rule('v1'), aDestinationRule('podinfo-primary', { host: 'podinfo-primary' })]), [
    'DestinationRule shop/podinfo-primary: it exists and was made by an unknown field manager; want it deleted, as Serin makes one like that of host podinfo',
  ]);
});

test('the apex host cannot be split by subsets, as its Service leads to the primary alone', () => {
  const subsets = ['primary', 'canary'].map((name) => ({ name, labels: { 'serin.dev/role': name } }));
  const spec = leadTo({ host: 'podinfo', subset: 'primary' }, { host: 'podinfo', subset: 'canary' });
  const [first, second] = adoptedWith(spec, [aDestinationRule('podinfo', { host: 'podinfo', subsets })]);
  assert.match(first ?? '', /leads to Service podinfo with weight 0/);
  assert.match(second ?? '', /Service podinfo leads to the primary alone .* want the host of another Service/);
});
