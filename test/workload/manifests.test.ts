import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { at, recordAt, stringsAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { matchesSelector } from '#src/workload/label-selector.ts';
import { imagesOf, pinnedImage, templateOf } from '#src/workload/pod-template.ts';
import { findRevision } from '#src/workload/revision.ts';
import { revisionRecord } from '#src/workload/revision-record.ts';
import { aCanary, aReplicaSet, around, aTarget, aTemplate, canaryManifest, primaryManifest } from './a-target.ts';

const canary = aCanary();
const digest = `sha256:${'a'.repeat(64)}`;

/** A record without config copies, so that templates can be compared whole. */
const recordOf = (target: KubeObject) => {
  const adopt = () => ({ kind: 'ConfigMap' as const, name: 'c', tracking: 'off' as const, hash: '' });
  const replicaSet = aReplicaSet(target, { template: templateOf(target) });
  const found = findRevision({ target, around: around([replicaSet]), configs: adopt, named: [] });
  assert.ok(!('waiting' in found), 'waiting' in found ? found.waiting : '');
  return revisionRecord(target, found);
};

test('the primary is the target plus its role, and nothing of the target is lost', () => {
  const record = recordOf(aTarget());
  const primary = primaryManifest(record, { canary, replicas: 3 });
  assert.deepEqual(primary.metadata, {
    name: 'podinfo-primary',
    namespace: 'shop',
    labels: {
      app: 'podinfo',
      'serin.dev/role': 'primary',
      'serin.dev/canary-uid': 'uid-of-podinfo',
      'serin.dev/revision': '6d5f8c',
    },
    annotations: {
      'example.com/owner': 'team',
      'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
      'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
    },
  });
  const role = { 'serin.dev/role': 'primary' };
  const { template, ...spec } = recordAt(primary, 'spec');
  assert.deepEqual(spec, {
    replicas: 3,
    minReadySeconds: 5,
    revisionHistoryLimit: 4,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    futureStrategy: 'kept',
    selector: { matchLabels: { app: 'podinfo', ...role } },
  });
  assert.deepEqual(at(template, 'metadata'), {
    ...recordAt(aTemplate(), 'metadata'),
    labels: { app: 'podinfo', tier: 'web', ...role },
  });
  const before = recordAt(aTemplate(), 'spec');
  for (const field of ['futureField', 'containers', 'initContainers', 'volumes']) {
    assert.deepEqual(at(template, 'spec', field), before[field]);
  }
});

test('the canary differs from the primary in its role only', () => {
  const record = recordOf(aTarget());
  const [primary, other] = [primaryManifest, canaryManifest].map((make) => make(record, { canary, replicas: 1 }));
  const asCanary = JSON.stringify(primary)
    .replaceAll('"serin.dev/role":"primary"', '"serin.dev/role":"canary"')
    .replace('podinfo-primary', 'podinfo-canary');
  assert.deepEqual(other, JSON.parse(asCanary));
});

test('selectors that mean the pod’s own kind get the role; those of others and of everything do not', () => {
  const spec = at(templateOf(canaryManifest(recordOf(aTarget()), { canary, replicas: 1 })), 'spec');
  const role = { 'serin.dev/role': 'canary' };
  const anti = at(spec, 'affinity', 'podAntiAffinity');
  assert.deepEqual(at(anti, 'requiredDuringSchedulingIgnoredDuringExecution'), [
    { topologyKey: 'host', labelSelector: { matchLabels: { app: 'podinfo', ...role } } },
    { topologyKey: 'host', labelSelector: { matchLabels: { app: 'database' } } },
    { topologyKey: 'host', labelSelector: {} },
  ]);
  assert.deepEqual(at(anti, 'preferredDuringSchedulingIgnoredDuringExecution', 0, 'podAffinityTerm', 'labelSelector'), {
    matchExpressions: [{ key: 'tier', operator: 'In', values: ['web'] }],
    matchLabels: role,
  });
  assert.deepEqual(at(spec, 'topologySpreadConstraints', 0, 'labelSelector'), {
    matchLabels: { app: 'podinfo', ...role },
  });
  assert.deepEqual(at(spec, 'affinity', 'nodeAffinity'), { untouched: true });
});

test('images are pinned by container; a digest that is there is replaced', () => {
  const primary = primaryManifest(recordOf(aTarget()), {
    canary,
    replicas: 1,
    digests: { app: digest, proxy: digest },
  });
  assert.deepEqual(imagesOf(templateOf(primary)), {
    migrate: 'shop/migrate:1',
    app: `registry.example.com:5000/shop/podinfo:6.1@${digest}`,
    proxy: `envoy@${digest}`,
  });
  assert.equal(pinnedImage('registry:5000/a', digest), `registry:5000/a@${digest}`);
});

test('a primary that is there keeps its selector, and its pods carry what it selects', () => {
  const existing = { ...aTarget(), spec: { selector: { matchLabels: { app: 'podinfo-primary' } } } };
  const primary = primaryManifest(recordOf(aTarget()), { canary, replicas: 1, existing });
  assert.deepEqual(at(primary, 'spec', 'selector'), { matchLabels: { app: 'podinfo-primary' } });
  const labels = stringsAt(templateOf(primary), 'metadata', 'labels');
  assert.deepEqual(labels, { app: 'podinfo-primary', tier: 'web', 'serin.dev/role': 'primary' });
});

test('for any template: each side selects its own pods, not the other’s, and no field is lost', () => {
  const key = fc.constantFrom('app', 'tier', 'version', 'a.b/c');
  const labels = fc.dictionary(key, fc.constantFrom('x', 'y', 'z'), { minKeys: 1 });
  fc.assert(
    fc.property(labels, fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()), (own, fields) => {
      const { containers: _, initContainers: __, volumes: ___, ...unknown } = fields;
      const { affinity: ____, topologySpreadConstraints: _____, ...rest } = unknown;
      const template = {
        metadata: { labels: own },
        spec: { ...rest, containers: [{ name: 'app', image: 'i', ...rest }] },
      };
      const target = aTarget({ template, spec: { selector: { matchLabels: own } } });
      const found = { id: 'r', hash: 'h', images: {}, configs: [], absent: [] };
      const record = revisionRecord(target, found);
      const sides = [primaryManifest, canaryManifest].map((make) => make(record, { canary, replicas: 1 }));
      const podsOf = (side: KubeObject | undefined) => stringsAt(side, 'spec', 'template', 'metadata', 'labels');
      const [primary, other] = sides;
      for (const side of sides) {
        assert.ok(matchesSelector(at(side, 'spec', 'selector'), podsOf(side)));
        assert.deepEqual(at(side, 'spec', 'template', 'spec'), template.spec);
      }
      assert.ok(!matchesSelector(at(primary, 'spec', 'selector'), podsOf(other)));
      assert.ok(!matchesSelector(at(other, 'spec', 'selector'), podsOf(primary)));
      assert.ok(matchesSelector({ matchLabels: own }, podsOf(primary)), 'policies of the application go on matching');
    }),
    { numRuns: 100 },
  );
});
