import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { VERSION_HEADER } from '#src/sandbox/network/http.ts';
import { gatewayWorld, HOST } from './gateway-world.ts';

type Json = Readonly<Record<string, unknown>>;

const object = (apiVersion: string, kind: string, { name, spec }: { name: string; spec: Json }): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'shop' },
  spec,
});
const GATEWAY_API = 'gateway.solo.io/v1';
const upstream = (name: string): KubeObject =>
  object('gloo.solo.io/v1', 'Upstream', {
    name,
    spec: { kube: { serviceName: name, serviceNamespace: 'shop', servicePort: 80 } },
  });
const table = (...routes: readonly Json[]): KubeObject =>
  object(GATEWAY_API, 'RouteTable', { name: 'app', spec: { routes } });
const virtualService = (...routes: readonly Json[]): KubeObject =>
  object(GATEWAY_API, 'VirtualService', { name: 'app', spec: { virtualHost: { domains: [HOST], routes } } });
const DELEGATE = { delegateAction: { ref: { name: 'app', namespace: 'shop' } } };
const destination = (name: string, weight: number) => ({
  destination: { upstream: { name, namespace: 'shop' } },
  weight,
});
const multi = (...destinations: readonly unknown[]) => ({ routeAction: { multi: { destinations } } });
const single = (name: string) => ({ routeAction: { single: { upstream: { name } } } });

const started = async (...objects: readonly KubeObject[]) => {
  let rejection: string | undefined;
  const world = await gatewayWorld({}, { gloo: ({ kind }) => (kind === 'RouteTable' ? rejection : undefined) });
  await world.write(upstream('one'), upstream('two'), ...objects);
  const report = (kind = 'RouteTable') =>
    at(
      world.backend.read({ apiVersion: GATEWAY_API, kind, namespace: 'shop', name: 'app' }),
      'status',
      'statuses',
      'gloo-system',
    );
  const change = async (changed: KubeObject): Promise<void> => {
    const standing = world.backend.read({ ...changed, namespace: 'shop', name: changed.metadata.name });
    await world.write({ ...changed, status: standing?.['status'] });
  };
  const answer = async (changes: Parameters<typeof world.tally>[1] = {}) =>
    Object.keys(await world.tally(1, changes))[0];
  const rejects = (words: string | undefined): void => {
    rejection = words;
  };
  return { ...world, report, change, answer, rejects };
};

test('a VirtualService delegates to a RouteTable, which divides by weights among Upstreams', async () => {
  const world = await started(
    virtualService(DELEGATE),
    table({ inheritablePathMatchers: true, ...multi(destination('one', 3), destination('two', 1)) }),
  );
  const accepted = { reportedBy: 'gloo', state: 'Accepted' };
  assert.deepEqual([world.report(), world.report('VirtualService')], [accepted, accepted]);
  const seen = await world.tally(400);
  assert.ok(Math.abs((seen['1'] ?? 0) - 300) < 40, JSON.stringify(seen));
  assert.equal(await world.answer({ host: 'app.example.org' }), '404');
});

test('the first route of which a matcher fits takes the request', async () => {
  const world = await started(
    virtualService(DELEGATE),
    table(
      { matchers: [{ exact: '/exact' }, { prefix: '/a', methods: ['DELETE'] }], ...single('two') },
      { matchers: [{ prefix: '/', headers: [{ name: 'X-A', value: 'a.*', regex: true }] }], ...single('two') },
      { matchers: [{ prefix: '/', queryParameters: [{ name: 'v', value: '2' }] }], ...single('two') },
      {
        matchers: [{ prefix: '/B', caseSensitive: false, headers: [{ name: 'x-no', invertMatch: true }] }],
        ...single('two'),
      },
      single('one'),
    ),
  );
  assert.equal(await world.answer({ path: '/exact' }), '2');
  assert.equal(await world.answer({ path: '/a' }), '1');
  assert.equal(await world.answer({ path: '/ab', method: 'DELETE' }), '2');
  assert.equal(await world.answer({ headers: { 'x-a': 'abc' } }), '2');
  assert.equal(await world.answer({ headers: { 'x-a': 'b' } }), '1');
  assert.equal(await world.answer({ path: '/?v=2' }), '2');
  assert.equal(await world.answer({ headers: { 'x-no': 'x' }, path: '/b' }), '1');
});

test('routes of a RouteTable are below the path of the one that delegates, by its prefix or as their own', async () => {
  const below = { matchers: [{ prefix: '/in' }], ...DELEGATE };
  const world = await started(
    virtualService(below, single('one')),
    table(
      { matchers: [{ prefix: '/out' }], ...single('two') },
      { matchers: [{ prefix: '/in/two' }], ...single('two') },
    ),
  );
  assert.match(String(at(world.report(), 'reason')), /^warning: \n {2}required prefix: \/in, prefix: \/out: /);
  assert.equal(at(world.report(), 'state'), 'Warning');
  assert.equal(await world.answer({ path: '/out' }), '1');
  assert.equal(await world.answer({ path: '/in/two' }), '2');
  await world.change(table({ inheritablePathMatchers: true, ...single('two') }));
  assert.equal(await world.answer({ path: '/in' }), '2');
  assert.equal(await world.answer({ path: '/' }), '1');
});

test('what is rejected is told with its reason, and what was accepted before is served', async () => {
  const world = await started(virtualService(DELEGATE), table(single('one')));
  world.rejects('no such plugin');
  await world.change(table(single('two')));
  assert.deepEqual(world.report(), {
    reportedBy: 'gloo',
    state: 'Rejected',
    reason: '1 error occurred:\n\t* no such plugin\n\n',
  });
  assert.equal(await world.answer(), '1');
  world.rejects(undefined);
  await world.change(table({ name: 'again', ...single('two') }));
  assert.equal(at(world.report(), 'state'), 'Accepted');
  assert.equal(await world.answer(), '2');
});

test('weights that sum to nothing are accepted by the RouteTable and rejected by the proxy', async () => {
  const world = await started(virtualService(DELEGATE), table(single('one')));
  await world.change(table(multi(destination('one', 0), destination('two', 0))));
  assert.equal(at(world.report(), 'state'), 'Accepted');
  const proxy = at(world.report(), 'subresourceStatuses', '*v1.Proxy.gateway-proxy_gloo-system');
  assert.equal(at(proxy, 'state'), 'Rejected');
  assert.match(String(at(proxy, 'reason')), /total weight that is greater than or equal to 1/);
  assert.equal(await world.answer(), '1');
});

test('an Upstream that is missing is a warning, and its share fails', async () => {
  const world = await started(virtualService(DELEGATE), table(multi(destination('one', 1), destination('gone', 1))));
  const proxy = at(world.report(), 'subresourceStatuses', '*v1.Proxy.gateway-proxy_gloo-system');
  assert.match(String(at(proxy, 'reason')), /\*v1\.Upstream \{ shop\.gone \} not found/);
  assert.deepEqual(Object.keys(await world.tally(50)).toSorted(), ['1', '503']);
});

test('a share of the requests is shadowed, and both count by the cluster of their Upstream', async () => {
  const shadowing = { upstream: { name: 'two', namespace: 'shop' }, percentage: 25 };
  const world = await started(virtualService(DELEGATE), table({ ...single('one'), options: { shadowing } }));
  assert.deepEqual(await world.tally(400), { '1': 400 });
  await world.clock.settle();
  const counted = (name: string): number => {
    const begin = `envoy_cluster_upstream_rq{envoy_cluster_name="${name}_shop",envoy_response_code="200"} `;
    const line = world.gateway
      .metrics()
      .split('\n')
      .find((one) => one.startsWith(begin));
    return Number(line?.slice(begin.length) ?? 0);
  };
  assert.equal(counted('one'), 400);
  assert.ok(Math.abs(counted('two') - 100) < 40, `${counted('two')}`);
});

test('options change the request, or are answered with words when they are not supported', async () => {
  const world = await started(
    virtualService(DELEGATE),
    table({ matchers: [{ prefix: '/from/' }], ...single('one'), options: { prefixRewrite: '/', timeout: '2s' } }),
  );
  assert.equal((await world.request({ path: '/from/healthz' })).body, '{"status":"ok"}\n');
  await world.change(table({ ...single('one'), options: { faults: {} } }));
  assert.equal((await world.request()).body, "The sandbox's gateway does not support the option faults\n");
});

test('answers are changed by their destination and then by the route', async () => {
  const adding = (key: string, value: string, append = true) => ({
    headerManipulation: { responseHeadersToAdd: [{ header: { key, value }, append }] },
  });
  const world = await started(
    virtualService(DELEGATE),
    table({
      ...multi(
        { ...destination('one', 1), options: adding('set-cookie', 'side=1') },
        { ...destination('two', 1), options: adding('set-cookie', 'side=2') },
      ),
      options: {
        headerManipulation: {
          ...adding('set-cookie', 'route=1').headerManipulation,
          responseHeadersToRemove: ['content-type'],
        },
      },
    }),
  );
  for (let n = 0; n < 20; n++) {
    const answer = await world.request();
    assert.equal(answer.headers['set-cookie'], `side=${answer.headers[VERSION_HEADER]}\nroute=1`);
    assert.equal(answer.headers['content-type'], undefined);
  }
});
