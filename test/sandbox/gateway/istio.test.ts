import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { VERSION_HEADER } from '#src/sandbox/network/http.ts';
import { service } from '../workloads/workload-world.ts';
import { gatewayWorld, HOST } from './gateway-world.ts';

type Json = Readonly<Record<string, unknown>>;

const object = (kind: string, name: string, spec: Json): KubeObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind,
  metadata: { name, namespace: 'shop' },
  spec,
});
const GATEWAY = object('Gateway', 'public', {
  selector: { istio: 'ingressgateway' },
  servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*.example.com'] }],
});
const virtualService = (http: readonly unknown[], spec: Json = {}, name = 'app'): KubeObject =>
  object('VirtualService', name, { hosts: [HOST], gateways: ['public'], http, ...spec });
const to = (host: string, weight?: number, more: Json = {}) => ({
  destination: { host, ...more },
  ...(weight === undefined ? {} : { weight }),
});
const route = (...entries: readonly unknown[]) => ({ route: entries });

const started = async (...objects: readonly KubeObject[]) => {
  const world = await gatewayWorld();
  await world.write(GATEWAY, ...objects);
  const answer = async (changes: Parameters<typeof world.tally>[1] = {}) =>
    Object.keys(await world.tally(1, changes))[0];
  return { ...world, answer };
};
const near = (found: number | undefined, wanted: number): void =>
  assert.ok(Math.abs((found ?? 0) - wanted) < 40, `${found} of 400 is not near ${wanted}`);

test('weights are relative and divide by chance', async () => {
  const world = await started(virtualService([route(to('one', 3), to('two', 1))]));
  const seen = await world.tally(400);
  near(seen['1'], 300);
  assert.equal((seen['1'] ?? 0) + (seen['2'] ?? 0), 400);
});

test('a destination alone takes everything, one of weight 0 beside another nothing', async () => {
  const world = await started(virtualService([route(to('one', 0))]));
  assert.deepEqual(await world.tally(10), { '1': 10 });
  await world.write(virtualService([route(to('one', 0), to('two', 5))]));
  assert.deepEqual(await world.tally(50), { '2': 50 });
});

test('the first route that matches takes the request', async () => {
  const when = (match: Json, host: string) => ({ match: [match], ...route(to(host)) });
  const world = await started(
    virtualService([
      when({ uri: { exact: '/exact' } }, 'two'),
      when({ uri: { prefix: '/EXA' }, ignoreUriCase: true }, 'one'),
      when({ uri: { regex: '/[a-z]+/deep' } }, 'two'),
      when({ method: { exact: 'DELETE' }, headers: { 'X-Side': {} } }, 'two'),
      when({ headers: { cookie: { regex: '(?:.*;)?[ \\t]*side=two[ \\t]*(?:;.*)?' } } }, 'two'),
      when({ queryParams: { v: { prefix: '2' } }, withoutHeaders: { 'x-off': { exact: 'yes' } } }, 'two'),
      when({ uri: { prefix: '/ex' } }, 'two'),
      route(to('one')),
    ]),
  );
  assert.equal(await world.answer({ path: '/exact?q=1' }), '2');
  assert.equal(await world.answer({ path: '/exactly' }), '1', 'without regard to case, before the later prefix');
  assert.equal(await world.answer({ path: '/ex/am' }), '2', 'a prefix is one of characters');
  assert.equal(await world.answer({ path: '/some/deep' }), '2');
  assert.equal(await world.answer({ path: '/some/deep/er' }), '1', 'an expression is over the whole path');
  assert.equal(await world.answer({ method: 'DELETE' }), '1');
  assert.equal(await world.answer({ method: 'DELETE', headers: { 'x-side': '' } }), '2');
  assert.equal(await world.answer({ headers: { cookie: 'a=b; side=two' } }), '2');
  assert.equal(await world.answer({ headers: { cookie: 'inside=two' } }), '1');
  assert.equal(await world.answer({ path: '/?v=2.1' }), '2');
  assert.equal(await world.answer({ path: '/?v=2.1', headers: { 'x-off': 'yes' } }), '1');
});

test('a subset is the pods that have its labels', async () => {
  const both = service('both', { selector: {} });
  const world = await started(
    { ...both, spec: { ...Object(both['spec']), selector: { tier: 'web' } } },
    object('DestinationRule', 'both', {
      host: 'both.shop.svc.cluster.local',
      subsets: [{ name: 'second', labels: { app: 'two' } }],
    }),
    virtualService([route(to('both', 1, { subset: 'second' }))]),
  );
  for (const name of ['one', 'two']) {
    const labels = { app: name, tier: 'web' };
    const found = world.get('Deployment', name);
    const image = `shop/app:${name === 'one' ? 1 : 2}`;
    world.change(found, { template: { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } } });
  }
  await world.clock.advance(5000);
  assert.deepEqual(await world.tally(20), { '2': 20 });
  await world.write(virtualService([route(to('both', 1, { subset: 'third' }))]));
  assert.equal(await world.answer(), '503', 'no DestinationRule defines it');
});

test('a destination is a short name or one in full: every other has no cluster', async () => {
  const world = await started(virtualService([route(to('one.shop.svc.cluster.local'))]));
  assert.equal(await world.answer(), '1');
  for (const host of ['one.shop', 'gone', 'one.other.svc.cluster.local']) {
    await world.write(virtualService([route(to(host))]));
    assert.equal(await world.answer(), '503', host);
  }
});

test('hosts and gateways bind a route, in the mesh by any name of the Service', async () => {
  const mesh = virtualService([route(to('two'))], { hosts: ['one'], gateways: ['mesh'] }, 'mesh');
  const world = await started(virtualService([route(to('one'))]), mesh);
  assert.equal(await world.answer(), '1');
  for (const host of ['one.shop', 'one.shop.svc', 'one.shop.svc.cluster.local']) {
    assert.equal(await world.answer({ host }), '2', host);
  }
  assert.equal(await world.answer({ host: 'two.shop' }), '2', 'a Service without a route');
  assert.equal(await world.answer({ host: 'app.example.org' }), '404');
  await world.write(virtualService([{ match: [{ uri: { prefix: '/only' } }], ...route(to('one')) }]));
  assert.equal(await world.answer(), '404');
});

test('a route delegates to a VirtualService without hosts, which takes a part of what it takes', async () => {
  const child = object('VirtualService', 'child', {
    http: [{ match: [{ headers: { 'x-two': { exact: 'yes' } } }], ...route(to('two')) }, route(to('one'))],
  });
  const root = virtualService([{ match: [{ uri: { prefix: '/in' } }], delegate: { name: 'child' } }, route(to('two'))]);
  const world = await started(root, child);
  assert.equal(await world.answer({ path: '/in' }), '1');
  assert.equal(await world.answer({ path: '/in', headers: { 'x-two': 'yes' } }), '2');
  assert.equal(await world.answer({ path: '/out' }), '2');
});

test('a mirror gets its percentage of copies, whose answers nobody gets', async () => {
  const world = await started(
    virtualService([{ ...route(to('one')), mirror: { host: 'two' }, mirrorPercentage: { value: 25 } }]),
  );
  assert.deepEqual(await world.tally(400), { '1': 400 });
  await world.clock.settle();
  const counted = (reporter: string, name: string): number =>
    world.gateway
      .metrics()
      .split('\n')
      .filter((line) => line.startsWith(`istio_requests_total{reporter="${reporter}"`))
      .filter((line) => line.includes(`destination_service_name="${name}"`))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  assert.equal(counted('source', 'one'), 400);
  assert.equal(counted('source', 'two'), 0, 'the proxy that sends a copy does not count it');
  near(counted('destination', 'two'), 100);
});

test('counts as the sending proxy does, also what reached no pod', async () => {
  const world = await started(virtualService([route(to('one'))]));
  await world.answer();
  await world.scale('one', 0);
  assert.equal(await world.answer(), '503');
  const lines = world.gateway.metrics().split('\n');
  const labels = (workload: string, namespace: string, rest: string) =>
    'istio_requests_total{reporter="source",source_workload="istio-ingressgateway",source_workload_namespace="istio-system",' +
    `destination_workload="${workload}",destination_workload_namespace="${namespace}",` +
    'destination_service="one.shop.svc.cluster.local",destination_service_name="one",destination_service_namespace="shop",' +
    `request_protocol="http",${rest}} 1`;
  assert.ok(lines.includes(labels('one', 'shop', 'response_code="200",response_flags="-"')), lines.join('\n'));
  assert.ok(lines.includes(labels('unknown', 'unknown', 'response_code="503",response_flags="UH"')), lines.join('\n'));
  assert.equal(lines.filter((line) => /^istio_requests_total\{reporter="destination"/.test(line)).length, 1);
  assert.ok(lines.some((line) => /^istio_request_duration_milliseconds_bucket\{.*le="0\.5"\} 1$/.test(line)));
});

test('the path and the host are rewritten before a pod gets the request', async () => {
  const rewrite = { uri: '/', authority: 'inner' };
  const match = [{ uri: { prefix: '/from/' } }];
  const world = await started(virtualService([{ match, rewrite, ...route(to('one')) }]));
  assert.equal((await world.request({ path: '/from/healthz' })).body, '{"status":"ok"}\n');
  await world.write(
    virtualService([{ rewrite: { uriRegexRewrite: { match: '^.*$', rewrite: '/readyz' } }, ...route(to('one')) }]),
  );
  assert.equal((await world.request({ path: '/x' })).body, '{"status":"ok"}\n');
});

test('what is not supported is answered with words', async () => {
  const world = await started(virtualService([{ fault: { abort: { httpStatus: 500 } }, ...route(to('one')) }]));
  const { status, body } = await world.request();
  assert.deepEqual([status, body], [500, "The sandbox's gateway does not support fault\n"]);
});

test('answers are changed by their destination and then by the route', async () => {
  const headers = (cookie: string) => ({ headers: { response: { add: { 'set-cookie': cookie } } } });
  const world = await started(
    virtualService([
      {
        headers: { response: { add: { 'set-cookie': 'route=1' }, remove: ['content-type'] } },
        route: [
          { ...to('one', 1), ...headers('side=1') },
          { ...to('two', 1), ...headers('side=2') },
        ],
      },
    ]),
  );
  for (let n = 0; n < 20; n++) {
    const answer = await world.request();
    assert.equal(answer.headers['set-cookie'], `side=${answer.headers[VERSION_HEADER]}\nroute=1`);
    assert.equal(answer.headers['content-type'], undefined);
  }
});
