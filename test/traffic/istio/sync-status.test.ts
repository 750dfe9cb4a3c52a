import assert from 'node:assert/strict';
import { test } from 'node:test';
import { syncVerdict } from '#src/traffic/istio/sync-status.ts';

const ROUTES = 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration';
const SINCE = Date.parse('2026-11-27T09:00:00Z');

/** One proxy as istiod 1.31 shows it. */
const proxy = (name: string, routes?: Readonly<Record<string, string>>) => ({
  cluster_id: 'Kubernetes',
  proxy: name,
  proxy_type: 'router',
  istio_version: '1.31.0',
  cluster_sent: 'a',
  cluster_acked: 'a',
  resources: {
    'type.googleapis.com/envoy.config.cluster.v3.Cluster': { sent: 'a', acked: 'a', sentTime: '2026-11-27T09:00:01Z' },
    ...(routes === undefined ? {} : { [ROUTES]: routes }),
  },
});
const sent = (second: number, more: Readonly<Record<string, string>> = {}) => ({
  sent: 'n2',
  acked: 'n2',
  sentTime: `2026-11-27T09:00:0${second}.123456789Z`,
  ...more,
});
const before = { sent: 'n1', acked: 'n1', sentTime: '2026-11-27T08:59:59Z' };

test('proven when every proxy that was sent routes has taken them', () => {
  assert.deepEqual(syncVerdict([proxy('gw-1', sent(1)), proxy('gw-2', sent(2)), proxy('other', before)], SINCE), {
    verdict: 'programmed',
    detail: 'istiod: gw-1, gw-2 have taken the routes',
  });
});

test('pending while one has not taken them, and while none was sent any', () => {
  assert.deepEqual(syncVerdict([proxy('gw-1', sent(1)), proxy('gw-2', sent(1, { acked: 'n1' }))], SINCE), {
    verdict: 'pending',
    detail: 'not taken yet by gw-2',
  });
  for (const body of [[], [proxy('gw-1', before)], [proxy('gw-1')]]) {
    assert.equal(syncVerdict(body, SINCE).verdict, 'pending');
  }
});

test('a refusal comes with the proxy and its words', () => {
  const body = [proxy('gw-1', sent(1)), proxy('gw-2', sent(1, { acked: 'n1', lastError: 'no such cluster' }))];
  assert.deepEqual(syncVerdict(body, SINCE), {
    verdict: 'rejected',
    detail: 'proxy gw-2 has refused the routes: no such cluster',
  });
});

test('an old refusal is no answer to a new weight', () => {
  const body = [proxy('gw-1', sent(1)), proxy('gw-2', { ...before, lastError: 'no such cluster' })];
  assert.equal(syncVerdict(body, SINCE).verdict, 'programmed');
});

test('many proxies are counted, not listed', () => {
  const body = Array.from({ length: 12 }, (_, index) => proxy(`p${index}`, sent(1)));
  assert.equal(syncVerdict(body, SINCE).detail, 'istiod: p0, p1, p2 and 9 more have taken the routes');
});

test('another answer than istiod’s throws', () => {
  for (const body of ['<html>', {}, [{ name: 'x' }]]) assert.throws(() => syncVerdict(body, SINCE));
});
