import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdoptedStatus } from '#src/api/canary-status.ts';
import { specOf } from '#src/controller/spec-of.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { httpRoute } from '#src/traffic/httproute.ts';
import { ingressNginx } from '#src/traffic/ingress-nginx.ts';
import { routerFor } from '#src/traffic/routers.ts';
import { aCanary } from '#test/harness/manifests.ts';

const deleted = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, deletionTimestamp: '2026-11-21T08:00:00Z' },
});
const nonsense: KubeObject = { ...aCanary(), spec: { targetRef: 'podinfo' } };
const adopted: AdoptedStatus = { replicas: 2, target: 'podinfo', service: 'web' };

const heldBy = (object: KubeObject, held: AdoptedStatus | undefined) => {
  const parsed = specOf(object, held);
  assert.ok(parsed.ok);
  const { targetRef, service, routeRef, ingressRef } = parsed.spec;
  const routed = routerFor(parsed.spec);
  return {
    names: [targetRef.name, service.name, routeRef?.name, ingressRef?.name],
    router: 'router' in routed ? routed.router : routed.problem,
  };
};

test('a Canary is looked at with its own spec, or with what is wrong with it', () => {
  assert.equal(heldBy(aCanary(), adopted).names[1], undefined);
  assert.equal(specOf(nonsense, adopted).ok, false);
  assert.equal(specOf(deleted(nonsense), undefined).ok, false);
});

test('one that is deleted is looked at with what it has taken over, whatever its spec says', () => {
  for (const object of [deleted(aCanary()), deleted(nonsense)]) {
    assert.deepEqual(heldBy(object, adopted), { names: ['podinfo', 'web', undefined, undefined], router: httpRoute });
    const route = { ...adopted, routeRef: 'shop' };
    assert.deepEqual(heldBy(object, route), { names: ['podinfo', 'web', 'shop', undefined], router: httpRoute });
    const daemonSet = specOf(object, { ...adopted, kind: 'DaemonSet' });
    assert.ok(daemonSet.ok);
    assert.equal(daemonSet.spec.targetRef.kind, 'DaemonSet');
    const ingress = { ...adopted, ingressRef: 'shop' };
    assert.deepEqual(heldBy(object, ingress), { names: ['podinfo', 'web', undefined, 'shop'], router: ingressNginx });
  }
});
