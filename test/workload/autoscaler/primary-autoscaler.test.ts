import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import { canarySpec } from '#src/api/canary.ts';
import { at, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { autoscalerProblems } from '#src/workload/autoscaler/autoscaler-problems.ts';
import { autoscalerView } from '#src/workload/autoscaler/autoscaler-view.ts';
import { primaryAutoscaler } from '#src/workload/autoscaler/primary-autoscaler.ts';
import { primaryQuery } from '#src/workload/autoscaler/scaler-query.ts';
import { anHpa, aScaledObject, SCALED_BY_HPA, SCALED_BY_KEDA } from '#test/harness/autoscaled.ts';

type Ref = NonNullable<CanarySpecInput['autoscalerRef']>;

const aCanary = (autoscalerRef?: Ref) => ({
  namespace: 'shop',
  name: 'podinfo',
  uid: 'uid-1',
  spec: canarySpec.parse({
    targetRef: { name: 'podinfo' },
    service: { port: 80, gatewayRefs: [{ name: 'edge' }] },
    analysis: {},
    ...(autoscalerRef === undefined ? {} : { autoscalerRef }),
  }),
});

const primarys = (source: KubeObject, ref: Ref, floor?: number): KubeObject =>
  primaryAutoscaler(source, { canary: aCanary(ref), ref, floor });

test('the primary’s is the target’s but for what it scales, with the labels and annotations of copies', () => {
  const source = anHpa();
  const annotations = {
    'metric-config.pods.rps/path': '/metrics',
    'kubectl.kubernetes.io/last-applied-configuration': '{}',
  };
  const made = primarys({ ...source, metadata: { ...source.metadata, annotations } }, SCALED_BY_HPA);
  assert.deepEqual(made.metadata, {
    name: 'podinfo-primary',
    namespace: 'shop',
    labels: { team: 'web', 'serin.dev/role': 'primary', 'serin.dev/canary-uid': 'uid-1' },
    annotations: {
      'metric-config.pods.rps/path': '/metrics',
      'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
      'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
    },
  });
  assert.deepEqual(made['spec'], {
    ...recordAt(source, 'spec'),
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo-primary' },
  });
});

test('its bounds are those of the target’s, or the Canary’s own, and a floor as far as the most allows', () => {
  const bounds = (ref: Ref, floor?: number) => {
    const { minReplicas, maxReplicas } = recordAt(primarys(anHpa(), ref, floor), 'spec');
    return [minReplicas, maxReplicas];
  };
  const own = { ...SCALED_BY_HPA, primaryScalerReplicas: { minReplicas: 4, maxReplicas: 8 } };
  assert.deepEqual(
    [bounds(SCALED_BY_HPA), bounds(own)],
    [
      [2, 20],
      [4, 8],
    ],
  );
  assert.deepEqual(
    [bounds(own, 3), bounds(own, 6), bounds(own, 30)],
    [
      [4, 8],
      [6, 8],
      [8, 8],
    ],
  );
});

test('a ScaledObject asks for the primary, under a name of its own, and is never paused', () => {
  const annotations = {
    'autoscaling.keda.sh/paused-replicas': '0',
    'autoscaling.keda.sh/paused-scale-in': 'true',
    'scaledobject.keda.sh/transfer-hpa-ownership': 'true',
  };
  const advanced = {
    horizontalPodAutoscalerConfig: { name: 'podinfo-hpa', behavior: {} },
    restoreToOriginalReplicaCount: true,
  };
  const made = primarys(aScaledObject({ advanced, idleReplicaCount: 0 }, annotations), SCALED_BY_KEDA);
  assert.deepEqual(
    Object.keys(made.metadata.annotations ?? {}).filter((key) => /keda/.test(key)),
    ['scaledobject.keda.sh/transfer-hpa-ownership'],
  );
  const spec = recordAt(made, 'spec');
  assert.equal(at(spec, 'advanced', 'horizontalPodAutoscalerConfig', 'name'), 'podinfo-hpa-primary');
  assert.deepEqual([spec['minReplicaCount'], spec['maxReplicaCount'], spec['idleReplicaCount']], [2, 20, 0]);
  const floored = recordAt(primarys(aScaledObject({ idleReplicaCount: 0 }), SCALED_BY_KEDA, 6), 'spec');
  assert.deepEqual([floored['minReplicaCount'], floored['idleReplicaCount']], [6, undefined]);
});

test('a query is the Canary’s where it gives one for the name of the trigger, and no other then', () => {
  const triggers = [
    { type: 'prometheus', name: 'rps', metadata: { query: 'sum(podinfo)' } },
    { type: 'prometheus', name: 'queue', metadata: { query: 'queue{app="podinfo"}' } },
    { type: 'cron', metadata: { start: '0 8 * * *' } },
  ];
  const queries = (ref: Ref): unknown => recordAt(primarys(aScaledObject({ triggers }), ref), 'spec')['triggers'];
  const [rps, queue, cron] = triggers;
  assert.deepEqual(queries(SCALED_BY_KEDA), [
    { ...rps, metadata: { query: 'sum(podinfo-primary)' } },
    { ...queue, metadata: { query: 'queue{app="podinfo-primary"}' } },
    cron,
  ]);
  assert.deepEqual(queries({ ...SCALED_BY_KEDA, primaryScalerQueries: { rps: 'up' } }), [
    { ...rps, metadata: { query: 'up' } },
    queue,
    cron,
  ]);
});

test('names of target and canary stand for the primary’s, longer names that begin so do not', () => {
  for (const [query, wanted] of [
    ['sum(rate(http{app="podinfo"}[1m]))', 'sum(rate(http{app="podinfo-primary"}[1m]))'],
    ['http{app="podinfo-canary"}', 'http{app="podinfo-primary"}'],
    ['http{app="podinfo-primary"}', 'http{app="podinfo-primary"}'],
    ['http{app="podinfo-cache"}', 'http{app="podinfo-cache"}'],
    ['http{app="my-podinfo"}', 'http{app="my-podinfo"}'],
    ['http{pod=~"podinfo-[0-9a-z]+-.*"}', 'http{pod=~"podinfo-primary-[0-9a-z]+-.*"}'],
    ['http{pod=~"podinfo-.*"}', 'http{pod=~"podinfo-primary-.*"}'],
    ['envoy{cluster="shop_podinfo-canary_80"}', 'envoy{cluster="shop_podinfo-primary_80"}'],
    ['traefik{service="shop-podinfo-canary-80@k"}', 'traefik{service="shop-podinfo-primary-80@k"}'],
    ['rate(podinfo_requests_total[1m])', 'rate(podinfo_requests_total[1m])'],
    ['http{service=~".*-svc-shop-podinfo-canary-.*"}', 'http{service=~".*-svc-shop-podinfo-primary-.*"}'],
    ['http{host="podinfo.shop.svc"}', 'http{host="podinfo-primary.shop.svc"}'],
  ] as const) {
    assert.equal(primaryQuery(query, 'podinfo'), wanted);
  }
  assert.equal(primaryQuery('a{x="web.v1"} b{x="webxv1"}', 'web.v1'), 'a{x="web.v1-primary"} b{x="webxv1"}');
});

test('it is current as long as it stands so, whatever its fewest replicas and whatever others add to its metadata', () => {
  const standing = primarys(anHpa(), SCALED_BY_HPA, 9);
  const look = (object: KubeObject | undefined) => {
    const { current, fewest } = autoscalerView({
      source: anHpa(),
      standing: object,
      canary: aCanary(SCALED_BY_HPA),
      ref: SCALED_BY_HPA,
    });
    return [current, fewest];
  };
  assert.deepEqual(look(undefined), [false, undefined]);
  assert.deepEqual(look(standing), [true, 9]);
  const labelled = { ...standing, metadata: { ...standing.metadata, labels: { ...standing.metadata.labels, x: 'y' } } };
  assert.deepEqual(look(labelled), [true, 9]);
  const { behavior: _, ...rest } = recordAt(standing, 'spec');
  for (const spec of [rest, { ...rest, behavior: {} }, { ...recordAt(standing, 'spec'), maxReplicas: 3 }]) {
    assert.deepEqual(look({ ...standing, spec }), [false, 9]);
  }
});

const told = (of: Partial<Parameters<typeof autoscalerProblems>[0]>, ref?: Ref): readonly string[] =>
  autoscalerProblems({ canary: aCanary(ref), source: undefined, standing: undefined, autoscalers: [], ...of }).map(
    ({ where, message }) => `${where}: ${message}`,
  );

test('what is wrong with the autoscaler that is named is told, with what would be right', () => {
  assert.deepEqual(told({ source: anHpa() }, SCALED_BY_HPA), []);
  assert.deepEqual(told({}, SCALED_BY_HPA), [
    'spec.autoscalerRef: HorizontalPodAutoscaler shop/podinfo does not exist: create it, or remove autoscalerRef',
  ]);
  assert.deepEqual(told({ source: anHpa({}, { target: 'other' }) }, SCALED_BY_HPA), [
    'spec.autoscalerRef: HorizontalPodAutoscaler shop/podinfo scales Deployment other; want one whose scaleTargetRef is Deployment podinfo, from which Serin makes that of podinfo-primary',
  ]);
  assert.deepEqual(told({ source: primarys(anHpa(), SCALED_BY_HPA) }, SCALED_BY_HPA), [
    'spec.autoscalerRef: HorizontalPodAutoscaler shop/podinfo is the primary’s, which Serin has made; want the target’s',
  ]);
  assert.deepEqual(told({ source: anHpa({ minReplicas: 0 }) }, SCALED_BY_HPA), [
    'spec.autoscalerRef: HorizontalPodAutoscaler shop/podinfo has minReplicas 0, with which it goes on scaling a target that is at 0; want at least 1, or a ScaledObject',
  ]);
  const most = { ...SCALED_BY_HPA, primaryScalerReplicas: { maxReplicas: 1 } };
  assert.deepEqual(told({ source: anHpa() }, most), [
    'spec.autoscalerRef.primaryScalerReplicas: The primary would have at least 2 and at most 1 replicas, together with HorizontalPodAutoscaler shop/podinfo; want primaryScalerReplicas that fit it',
  ]);
  const queries = { ...SCALED_BY_KEDA, primaryScalerQueries: { queue: 'up' } };
  assert.deepEqual(told({ source: aScaledObject() }, queries), [
    'spec.autoscalerRef.primaryScalerQueries: ScaledObject shop/podinfo has no trigger named "queue": its triggers are rps; want the name of one',
  ]);
});

test('a name that Serin needs may be taken by what is left from before, and by nothing else', () => {
  const left = anHpa({}, { name: 'podinfo-primary', target: 'podinfo-primary' });
  assert.deepEqual(told({ source: anHpa(), standing: left }, SCALED_BY_HPA), []);
  const others = anHpa({}, { name: 'podinfo-primary', target: 'other' });
  assert.deepEqual(told({ source: anHpa(), standing: others }, SCALED_BY_HPA), [
    'HorizontalPodAutoscaler shop/podinfo-primary: it has a name that Serin needs and was made by an unknown field manager; want it deleted or renamed',
  ]);
});

test('an autoscaler of the target that is not named would scale nothing, and is told', () => {
  const strangers = [
    anHpa({}, { name: 'other', target: 'other' }),
    anHpa({}, { name: 'mine', target: 'podinfo-primary' }),
  ];
  assert.deepEqual(told({ autoscalers: strangers }), []);
  assert.deepEqual(told({ source: anHpa(), autoscalers: [anHpa()] }, SCALED_BY_HPA), []);
  const second = anHpa({}, { name: 'second' });
  assert.match(
    told({ source: anHpa(), autoscalers: [anHpa(), second] }, SCALED_BY_HPA)[0] ?? '',
    /HorizontalPodAutoscaler shop\/second scales podinfo.*names another: name this one/,
  );
  const owner = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'podinfo', uid: 'u' };
  const kedas = anHpa({}, { name: 'keda-hpa-podinfo' });
  const owned = { ...kedas, metadata: { ...kedas.metadata, ownerReferences: [owner] } };
  assert.deepEqual(told({ source: aScaledObject(), autoscalers: [owned] }, SCALED_BY_KEDA), []);
  assert.match(
    told({ autoscalers: [owned] })[0] ?? '',
    /^spec.autoscalerRef: ScaledObject shop\/podinfo scales podinfo/,
  );
});
