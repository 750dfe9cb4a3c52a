import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { watcherOf, watches } from '#src/flagger/watchers.ts';
import { at, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { aDeployment } from '#test/harness/manifests.ts';
import { aFlagger } from './flagger-manifests.ts';

const withArgs = (...args: readonly string[]) => watcherOf(aFlagger({ args }));

describe('a Flagger is found by its image or its program', () => {
  for (const image of [
    'ghcr.io/fluxcd/flagger:1.44.0',
    'flagger',
    'registry.example.com:5000/mirror/flagger@sha256:abc',
    'weaveworks/flagger:1.0.0',
  ]) {
    test(image, () => assert.deepEqual(watcherOf(aFlagger({ image })), { deployment: 'flux-system/flagger' }));
  }
  test('an image of another name that runs its program', () => {
    assert.deepEqual(watcherOf(aFlagger({ image: 'platform/canaries:7' })), { deployment: 'flux-system/flagger' });
  });
  for (const image of ['ghcr.io/fluxcd/flagger-loadtester:0.38.0', 'flagger/podinfo:1.0.0']) {
    test(`not ${image}`, () => {
      const loadTester = aDeployment(image);
      assert.equal(watcherOf(loadTester), undefined);
    });
  }
});

describe('its -namespace, in every way in which Go reads a flag', () => {
  for (const args of [
    ['-namespace=shop'],
    ['--namespace=shop'],
    ['-namespace', 'shop'],
    ['-log-level=info', '--namespace', 'shop'],
  ]) {
    test(args.join(' '), () => assert.equal(withArgs(...args)?.namespace, 'shop'));
  }
  for (const args of [['-namespace='], ['-leader-election-namespace=shop'], []]) {
    test(`all namespaces: ${args.join(' ')}`, () =>
      assert.deepEqual(withArgs(...args), { deployment: 'flux-system/flagger' }));
  }
  test('which namespaces it runs', () => {
    const [all, one] = [withArgs(), withArgs('-namespace=shop')];
    assert.ok(all && watches(all, 'shop') && watches(all, 'other'));
    assert.ok(one && watches(one, 'shop') && !watches(one, 'other'));
  });
});

test('one that is scaled to 0 watches until its last pod is gone', () => {
  const down = aFlagger({ replicas: 0 });
  assert.equal(watcherOf(down), undefined);
  const ending: KubeObject = { ...down, status: { replicas: 1 } };
  assert.deepEqual(watcherOf(ending), { deployment: 'flux-system/flagger' });
  const { replicas: _, ...spec } = recordAt(down, 'spec');
  assert.equal(at(spec, 'replicas'), undefined);
  assert.deepEqual(watcherOf({ ...down, spec }), { deployment: 'flux-system/flagger' });
});
