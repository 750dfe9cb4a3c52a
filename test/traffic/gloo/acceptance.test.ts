import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '#src/lib/json.ts';
import type { ObjectRef } from '#src/lib/kube-object.ts';
import { glooAcceptance } from '#src/traffic/gloo/acceptance.ts';
import { routeRef as ref } from '#test/traffic/a-route.ts';

const by = (report: JsonRecord): JsonRecord => ({ statuses: { 'gloo-system': { reportedBy: 'gloo', ...report } } });
const fine = by({ state: 'Accepted' });

/** What is said where the RouteTable has this status, and the Upstreams theirs. */
const said = (route: JsonRecord | undefined, upstreams: JsonRecord | undefined = fine): readonly unknown[] => {
  const get = ({ apiVersion, kind, namespace = '', name }: ObjectRef) => ({
    apiVersion,
    kind,
    metadata: { namespace, name },
    status: kind === 'RouteTable' ? route : upstreams,
  });
  const { ok, refused, detail } = glooAcceptance({ get }, ref);
  return [ok, refused, detail];
};

test('an acceptance that names no generation is worth no more than that', () => {
  const unknown = ['unknown', false, 'RouteTable shop/podinfo: Accepted, without saying for which generation'];
  assert.deepEqual(said(fine), unknown);
  // Older versions: one control plane, and numbers.
  assert.deepEqual(said({ state: 1, reportedBy: 'gateway' }), unknown);
});

test('silence is pending, and so is a route that no VirtualService delegates to', () => {
  const nothing = [
    false,
    false,
    'Gloo has not reported on RouteTable shop/podinfo yet: a VirtualService must delegate to it',
  ];
  assert.deepEqual(said(undefined), nothing);
  assert.deepEqual(said({}), nothing);
  assert.deepEqual(said(by({ state: 'Pending' })), [false, false, 'RouteTable shop/podinfo: Pending']);
  const [ok, refused] = said(fine, {});
  assert.deepEqual([ok, refused], [false, false]);
});

test('a rejection is told in Gloo’s words, wherever it stands', () => {
  const rejected = { state: 'Rejected', reason: 'Route Error: InvalidMatcherError' };
  const words = 'RouteTable shop/podinfo: Rejected: Route Error: InvalidMatcherError';
  assert.deepEqual(said(by(rejected)), [false, true, words]);
  assert.deepEqual(said({ statuses: { a: { state: 'Accepted' }, b: { ...rejected, state: 2 } } }), [
    false,
    true,
    words,
  ]);
  const ofProxy = by({ state: 1, subresourceStatuses: { '*v1.Proxy.gloo-system.gateway-proxy': rejected } });
  assert.deepEqual(said(ofProxy), [false, true, words]);
  const [, refused, detail] = said(undefined, by({ state: 'Rejected', reason: 'no such Service' }));
  assert.deepEqual(
    [refused, detail],
    [true, 'Upstream shop/shop-podinfo-primaryupstream-80: Rejected: no such Service'],
  );
});

test('a warning of our own is a route that Gloo has left out; one of the proxy’s is served', () => {
  const reason = 'warning: \n  invalid route: route table matchers must begin with the prefix of their parent';
  assert.deepEqual(said(by({ state: 'Warning', reason })), [
    false,
    false,
    `RouteTable shop/podinfo: Warning: ${reason}`,
  ]);
  const ofProxy = by({
    state: 1,
    subresourceStatuses: { '*v1.Proxy.gateway-proxy_gloo-system': { state: 'Warning' } },
  });
  assert.deepEqual(said(ofProxy).slice(0, 2), ['unknown', false]);
});

test('what does not exist is named', () => {
  assert.deepEqual(glooAcceptance({ get: () => undefined }, ref), {
    ok: false,
    refused: false,
    detail: 'RouteTable shop/podinfo does not exist yet',
  });
});
