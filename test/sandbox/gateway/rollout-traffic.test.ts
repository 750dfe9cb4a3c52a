import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#src/lib/clock.ts';
import { recordAt } from '#src/lib/json.ts';
import { seededRandom } from '#src/lib/random.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import { startGateway } from '#src/sandbox/gateway/start-gateway.ts';
import { overHttp, startLoad } from '#src/sandbox/load/start-load.ts';
import type { HttpHandler } from '#src/sandbox/network/http.ts';
import { PodNetwork } from '#src/sandbox/network/pod-network.ts';
import { ImageCatalogue } from '#src/sandbox/workloads/image-catalogue.ts';
import { startWorkloads } from '#src/sandbox/workloads/start-workloads.ts';
import { deployment, service, template, user } from '../workloads/workload-world.ts';
import { backend, GATEWAY, GATEWAY_CLASS, gatewayWorld, HOST, httpRoute } from './gateway-world.ts';

test('a rolling update under load loses no request, and the versions change over', async () => {
  const world = await gatewayWorld();
  for (const image of ['shop/app:1', 'shop/app:2']) world.catalogue.publish(image, { latencyMs: 80 });
  await world.write(httpRoute([{ backendRefs: [backend('one')] }]));
  const load = startLoad({ clock: world.clock, requestsPerSecond: 100, send: world.gateway.handle, host: HOST });
  await world.clock.advance(1000);
  const mark = load.snapshot();
  const one = world.get('Deployment', 'one');
  world.change(one, { template: template({ name: 'one', image: 'shop/app:2' }) });
  await world.clock.advance(5000);
  const settled = load.snapshot();
  await world.clock.advance(1000);
  assert.deepEqual(Object.keys(mark.versions), ['1']);
  assert.equal(load.since(mark).failures, 0);
  assert.deepEqual(Object.keys(load.since(settled).versions), ['2']);
});

test('pods that end before the gateway has heard of it cost requests', async () => {
  const world = await gatewayWorld();
  world.catalogue.publish('shop/app:1', { drainMs: 0 });
  await world.write(httpRoute([{ backendRefs: [backend('one')] }]));
  const load = startLoad({ clock: world.clock, requestsPerSecond: 100, send: world.gateway.handle, host: HOST });
  world.change(world.get('Deployment', 'one'), { replicas: 1 });
  await world.clock.advance(2000);
  const { unversionedFailures } = load.snapshot();
  assert.ok(unversionedFailures > 0 && unversionedFailures < 20, `found ${unversionedFailures}`);
});

/** Resolves with the first event after which `done` holds. */
const when = (api: SandboxApi, done: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const cancel = api.subscribe(() => {
      if (!done()) return;
      cancel();
      resolve();
    });
    if (done()) {
      cancel();
      resolve();
    }
  });

test('over real sockets, requests go through the gateway to pods and are counted on /metrics', async () => {
  const api = new SandboxApi({ clock: systemClock });
  const network = new PodNetwork({ listen: true });
  const random = seededRandom(1);
  const catalogue = new ImageCatalogue({ 'shop/app:1': {}, 'shop/app:2': {} });
  api.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, user);
  const timings = { controllerMs: 1, scheduleMs: 1, startMs: 1 };
  const stopWorkloads = startWorkloads({ backend: api, random, catalogue, network, timings });
  const gateway = startGateway({ backend: api, random, network, timings: { statusMs: 5, trafficMs: 1 } });
  try {
    const route = httpRoute([{ backendRefs: [backend('one', 1), backend('two', 1)] }]);
    for (const object of [GATEWAY_CLASS, GATEWAY, route, service('one'), service('two')]) api.write(object, user);
    api.write(deployment({ name: 'one', image: 'shop/app:1' }), user);
    api.write(deployment({ name: 'two', image: 'shop/app:2' }), user);
    const ready = (name: string): boolean => {
      const found = api.read({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name });
      return recordAt(found, 'status')['readyReplicas'] === 2;
    };
    const { url, metricsUrl } = await gateway.listen();
    await when(api, () => ready('one') && ready('two'));

    const client = overHttp(Number(new URL(url).port));
    const request = { method: 'GET', host: HOST, path: '/', headers: {} };
    // The gateway hears of the last endpoint a moment after the Deployment is ready.
    while ((await client.send(request)).status !== 200 || (await client.send(request)).status !== 200);
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    let answers = 0;
    const send: HttpHandler = async (sent) => {
      const answer = await client.send(sent);
      if (++answers === 40) resolve();
      return answer;
    };
    const load = startLoad({ clock: systemClock, requestsPerSecond: 500, send, host: HOST });
    await enough;
    await load.stop();
    const { requests, failures, versions } = load.snapshot();
    assert.equal(failures, 0);
    const [one = 0, two = 0] = [versions['1']?.requests, versions['2']?.requests];
    assert.ok(Math.abs(one - two) <= 1 && one + two === requests, JSON.stringify(versions));

    const scraped = await (await fetch(metricsUrl)).text();
    assert.equal(scraped, gateway.metrics());
    assert.match(scraped, /traefik_service_requests_total\{code="200",.*-svc-shop-one-0@kubernetesgateway"\} \d+/);
    client.close();
  } finally {
    stopWorkloads();
    await gateway.stop();
    await network.close();
  }
});
