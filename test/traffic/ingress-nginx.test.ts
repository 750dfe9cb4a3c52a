import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { ingressNginx } from '#src/traffic/ingress-nginx.ts';
import { twoWay } from '#src/traffic/split.ts';
import { anIngress, routeRef } from './a-route.ts';
import { RouteWorld } from './route-world.ts';

const ref = {
  ...routeRef,
  gatewayRefs: [],
  ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'shop' },
};
const canaryRef = { ...ref.ingressRef, namespace: 'shop', name: 'shop-canary' };

const problemsOf = (objects: readonly KubeObject[]): readonly string[] =>
  ingressNginx.problems(new RouteWorld(objects), ref).map(({ where, message }) => `${where}: ${message}`);

/** The world after the canary has been given a weight. */
const worldAt = (weight: number, ingress = anIngress()): RouteWorld => {
  const world = new RouteWorld([ingress]);
  world.write(ingressNginx.plan(world, ref, { split: twoWay(ref, weight), stamp: 's' }).patches);
  return world;
};

test('the canary Ingress holds the paths to the apex and the plane’s annotations, and no label of a GitOps tool', () => {
  const canary = worldAt(5).get(canaryRef);
  assert.deepEqual(canary?.metadata.labels, { 'serin.dev/canary-uid': 'canary-1', 'serin.dev/held': 'true' });
  assert.deepEqual(canary?.metadata.annotations, {
    'nginx.ingress.kubernetes.io/affinity': 'cookie',
    'nginx.ingress.kubernetes.io/canary': 'true',
    'nginx.ingress.kubernetes.io/canary-weight': '5',
    'nginx.ingress.kubernetes.io/canary-weight-total': '100',
    'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
    'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
    'serin.dev/stamp': 's',
  });
  assert.deepEqual(canary?.['spec'], {
    ingressClassName: 'nginx',
    tls: [{ hosts: ['podinfo.example.com'], secretName: 'tls' }],
    rules: [
      {
        host: 'podinfo.example.com',
        http: {
          paths: [
            { path: '/', pathType: 'Prefix', backend: { service: { name: 'podinfo-canary', port: { number: 80 } } } },
          ],
        },
      },
    ],
  });
});

test('at weight 0 no plane serves the canary Ingress, so that no cookie leads to it', () => {
  const world = worldAt(40);
  world.write(ingressNginx.plan(world, ref, { split: twoWay(ref, 0), stamp: 'down' }).patches);
  assert.equal(stringAt(world.get(canaryRef), 'spec', 'ingressClassName'), 'serin-parked');
  assert.deepEqual(ingressNginx.observe(world, ref), { split: twoWay(ref, 0), stamp: 'down' });
});

test('a class that is given by annotation is parked and taken up the same way', () => {
  const ingress = anIngress();
  const { ingressClassName: _, ...spec } = recordAt(ingress, 'spec');
  const annotations = { 'kubernetes.io/ingress.class': 'nginx' };
  const world = worldAt(0, { ...ingress, metadata: { ...ingress.metadata, annotations }, spec });
  const classOf = (): readonly unknown[] => {
    const canary = world.get(canaryRef);
    return [
      stringAt(canary, 'spec', 'ingressClassName'),
      canary?.metadata.annotations?.['kubernetes.io/ingress.class'],
    ];
  };
  assert.deepEqual(classOf(), ['serin-parked', undefined]);
  world.write(ingressNginx.plan(world, ref, { split: twoWay(ref, 5) }).patches);
  assert.deepEqual(classOf(), [undefined, 'nginx']);
  assert.deepEqual(ingressNginx.plan(world, ref, { split: twoWay(ref, 5) }).patches, []);
});

test('a canary whose Ingress is gone can still be taken down, and not up', () => {
  const world = worldAt(40);
  world.write([{ type: 'delete', ref: { ...canaryRef, name: 'shop' }, uid: 'uid-1' }]);
  assert.deepEqual(ingressNginx.plan(world, ref, { split: twoWay(ref, 50) }).patches, []);
  world.write(ingressNginx.plan(world, ref, { split: twoWay(ref, 0) }).patches);
  assert.deepEqual(ingressNginx.observe(world, ref)?.split, twoWay(ref, 0));
  assert.deepEqual(ingressNginx.plan(world, ref, { split: twoWay(ref, 0) }).patches, []);
});

test('a change of the Ingress in Git is taken up', () => {
  const world = worldAt(5);
  const changed = { ...anIngress(), spec: { ...recordAt(anIngress(), 'spec'), tls: [] } };
  world.put(changed);
  const { patches } = ingressNginx.plan(world, ref, { split: twoWay(ref, 5), stamp: 's' });
  assert.equal(patches.length, 1);
  world.write(patches);
  assert.equal(recordAt(world.get(canaryRef), 'spec')['tls'], undefined);
});

test('the plane reads no weight total below 100', () => {
  const world = worldAt(5);
  const canary = world.get(canaryRef);
  assert.ok(canary);
  const annotations = { ...canary.metadata.annotations, 'nginx.ingress.kubernetes.io/canary-weight-total': '10' };
  world.put({ ...canary, metadata: { ...canary.metadata, annotations } });
  assert.deepEqual(ingressNginx.observe(world, ref)?.split, twoWay(ref, 5));
});

test('what stands in the way is named', () => {
  assert.deepEqual(problemsOf([]), [
    'spec.ingressRef: Ingress shop/shop does not exist; want the Ingress that leads to Service podinfo',
  ]);
  const ingress = anIngress();
  const elsewhere = { ...ingress, spec: { ingressClassName: 'nginx', rules: [] } };
  assert.match(problemsOf([elsewhere])[0] ?? '', /no path of it leads to Service podinfo/);

  const nginxClass = (controller: string): KubeObject => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'nginx' },
    spec: { controller },
  });
  assert.match(
    problemsOf([ingress, nginxClass('haproxy.org/ingress')])[0] ?? '',
    /haproxy.org\/ingress, which reads no/,
  );
  assert.deepEqual(problemsOf([ingress, nginxClass('k8s.io/ingress-nginx')]), []);

  const managedFields = [{ manager: 'flagger' }];
  const foreign = { ...ingress, metadata: { name: 'shop-canary', namespace: 'shop', managedFields } };
  assert.match(problemsOf([ingress, foreign])[0] ?? '', /made by field manager flagger; want it deleted/);
  const world = new RouteWorld([ingress, foreign]);
  assert.deepEqual(ingressNginx.plan(world, ref, { split: twoWay(ref, 5) }).patches, []);
  assert.deepEqual(ingressNginx.release(world, ref).patches, []);
});

test('a second canary for the same host and path is named, one for another place is not', () => {
  const annotations = { 'nginx.ingress.kubernetes.io/canary': 'true' };
  const rival = { ...anIngress(), metadata: { name: 'rival', namespace: 'shop', annotations } };
  assert.deepEqual(problemsOf([anIngress(), rival]), [
    'Ingress shop/rival: it is a canary for podinfo.example.com/ already, of which the plane takes only one; want it deleted',
  ]);
  const rules = [{ host: 'other.example.com', http: { paths: [{ path: '/' }] } }];
  assert.deepEqual(problemsOf([anIngress(), { ...rival, spec: { rules } }]), []);
});

test('both sides are counted under the primary’s names', () => {
  const objects = new RouteWorld([]);
  const primary = 'namespace="shop",ingress="shop",service="podinfo",canary=""';
  assert.equal(
    stringAt(ingressNginx.metrics(objects, ref, 'primary'), 'requests'),
    `nginx_ingress_controller_requests{${primary}}`,
  );
  const canary = 'namespace="shop",ingress="shop",service="podinfo",canary=~"shop-podinfo-canary-.+"';
  assert.equal(
    stringAt(ingressNginx.metrics(objects, ref, 'canary'), 'errors'),
    `nginx_ingress_controller_requests{${canary},status=~"5.."}`,
  );
});
