import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copiedAnnotations, copiedLabels } from '#src/workload/copied-metadata.ts';

test('labels and annotations of tools stay behind, all others are copied', () => {
  const left = [
    'kustomize.toolkit.fluxcd.io/name',
    'argocd.argoproj.io/tracking-id',
    'objectset.rio.cattle.io/hash',
    'applyset.kubernetes.io/part-of',
    'kapp.k14s.io/app',
    'keel.sh/policy',
    'meta.helm.sh/release-name',
    'kubectl.kubernetes.io/last-applied-configuration',
    'serin.dev/held',
  ];
  const copied = ['app', 'app.kubernetes.io/name', 'notkeel.sh/x', 'example.com/keel.sh'];
  const all = Object.fromEntries([...left, ...copied].map((key) => [key, 'x']));
  assert.deepEqual(Object.keys(copiedLabels(all)), copied);
  assert.deepEqual(Object.keys(copiedAnnotations(all)), copied);
  assert.deepEqual(copiedLabels({ 'app.kubernetes.io/instance': 'shop' }), {});
  assert.deepEqual(copiedLabels(undefined), {});
});
