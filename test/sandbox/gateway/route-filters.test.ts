import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { overHttp } from '#src/sandbox/load/start-load.ts';
import { VERSION_HEADER } from '#src/sandbox/network/http.ts';
import { backend, GATEWAY, GATEWAY_CLASS, gatewayWorld, HOST, httpRoute } from './gateway-world.ts';

const CLASS: KubeObject = {
  ...GATEWAY_CLASS,
  metadata: { name: 'istio' },
  spec: { controllerName: 'istio.io/gateway-controller' },
};
const ISTIO: KubeObject = {
  ...GATEWAY,
  metadata: { name: 'mesh', namespace: 'shop' },
  spec: { gatewayClassName: 'istio', listeners: [{ name: 'web', protocol: 'HTTP', port: 80 }] },
};
const behindIstio = (rules: Parameters<typeof httpRoute>[0]): KubeObject =>
  httpRoute(rules, { parentRefs: [{ name: 'mesh' }] });

const modifier = (type: 'Request' | 'Response', fields: Readonly<Record<string, unknown>>) => ({
  type: `${type}HeaderModifier`,
  [`${type.toLowerCase()}HeaderModifier`]: fields,
});
const setting = (cookie: string) => ({
  filters: [modifier('Response', { add: [{ name: 'Set-Cookie', value: cookie }] })],
});

test("a backend's filter changes its own answers", async () => {
  const world = await gatewayWorld();
  await world.write(
    httpRoute([{ backendRefs: [backend('one', 1, setting('side=1')), backend('two', 1, setting('side=2'))] }]),
  );
  const answers = await Promise.all(Array.from({ length: 10 }, () => world.request()));
  for (const { headers } of answers) assert.equal(headers['set-cookie'], `side=${headers[VERSION_HEADER]}`);
  assert.equal(new Set(answers.map(({ headers }) => headers['set-cookie'])).size, 2);

  const filters = [
    modifier('Response', {
      set: [{ name: VERSION_HEADER, value: 'set' }],
      add: [{ name: 'X-By', value: 'a' }],
      remove: ['Content-Type'],
    }),
  ];
  await world.write(httpRoute([{ backendRefs: [backend('one', 1, { filters })] }]));
  const { headers } = await world.request();
  assert.deepEqual([headers[VERSION_HEADER], headers['x-by'], headers['content-type']], ['set', 'a', undefined]);
});

test('several cookies reach a client over HTTP one by one', async () => {
  const world = await gatewayWorld();
  const header = (value: string) => ({ name: 'Set-Cookie', value });
  const filters = [
    modifier('Response', { set: [header('a=1; Path=/')], add: [header('b=2; Expires=Fri, 27 Nov 2026')] }),
  ];
  await world.write(httpRoute([{ backendRefs: [backend('one', 1, { filters })] }]));
  const { url } = await world.gateway.listen();
  const client = overHttp(Number(new URL(url).port));
  const answer = await client.send({ method: 'GET', host: HOST, path: '/', headers: {} });
  assert.equal(answer.headers['set-cookie'], 'a=1; Path=/\nb=2; Expires=Fri, 27 Nov 2026');
  client.close();
  await world.gateway.stop();
});

test("Istio's gateway copies a share of the requests, whose answers nobody gets", async () => {
  const world = await gatewayWorld();
  const mirror = (percent?: number) => ({
    filters: [
      {
        type: 'RequestMirror',
        requestMirror: { backendRef: { name: 'two', port: 80 }, ...(percent === undefined ? {} : { percent }) },
      },
    ],
  });
  const copies = (): number =>
    world.gateway
      .metrics()
      .split('\n')
      .filter((line) => line.startsWith('istio_requests_total') && line.includes('destination_service_name="two"'))
      .reduce((sum, line) => {
        // The proxy that sends does not count a copy.
        assert.match(line, /reporter="destination"/);
        return sum + Number(line.split(' ').at(-1));
      }, 0);
  await world.write(
    CLASS,
    ISTIO,
    behindIstio([
      { matches: [{ method: 'GET' }], backendRefs: [backend('one')], ...mirror(25) },
      { matches: [{}], backendRefs: [backend('one')] },
    ]),
  );
  assert.equal(world.told('Accepted'), 'True Accepted @1');
  assert.deepEqual(await world.tally(200, { method: 'POST' }), { '1': 200 });
  assert.equal(copies(), 0);
  assert.deepEqual(await world.tally(400), { '1': 400 });
  assert.ok(Math.abs(copies() - 100) < 40, `${copies()} copies of 400 requests, want about 100`);
  const before = copies();
  await world.write(behindIstio([{ backendRefs: [backend('one')], ...mirror() }]));
  assert.deepEqual(await world.tally(50), { '1': 50 });
  assert.equal(copies() - before, 50);
});

test("Istio's gateway answers and counts as Envoy does", async () => {
  const world = await gatewayWorld();
  await world.write(CLASS, ISTIO, behindIstio([{ backendRefs: [backend('one')] }]));
  assert.deepEqual(await world.tally(3), { '1': 3 });
  await world.scale('one', 0);
  assert.deepEqual(await world.tally(2), { '503': 2 });
  const counted = world.gateway
    .metrics()
    .split('\n')
    .filter((line) => line.startsWith('istio_requests_total'));
  assert.equal(
    counted.some((line) => /reporter="source".*response_code="503".*} 2$/.test(line)),
    true,
  );
  assert.equal(
    counted.some((line) => /reporter="source".*response_code="200".*} 3$/.test(line)),
    true,
  );
});
