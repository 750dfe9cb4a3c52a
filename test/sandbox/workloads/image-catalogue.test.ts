import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImageCatalogue, withEnvironment } from '#src/sandbox/workloads/image-catalogue.ts';

test('an image is found by tag, by tag and digest, and by digest', () => {
  const catalogue = new ImageCatalogue({ 'reg:5000/shop/app:1': { digest: 'sha256:aa' } });
  for (const reference of ['reg:5000/shop/app:1', 'reg:5000/shop/app:1@sha256:aa', 'reg:5000/shop/app@sha256:aa']) {
    const image = catalogue.find(reference);
    assert.deepEqual(
      [image?.repository, image?.digest, image?.behaviour.version],
      ['reg:5000/shop/app', 'sha256:aa', '1'],
    );
  }
  for (const reference of ['reg:5000/shop/app', 'reg:5000/shop/app:1@sha256:bb', 'shop/app@sha256:aa', 'shop/app:1']) {
    assert.equal(catalogue.find(reference), undefined, reference);
  }
  assert.throws(() => catalogue.publish('app:1@sha256:aa', {}), /without digest/);
});

test('what the environment says goes before the image', () => {
  const env = {
    SANDBOX_VERSION: '9',
    SANDBOX_ERROR_RATE: '0.5',
    SANDBOX_NEVER_READY: 'true',
    SANDBOX_CRASH_AFTER_MS: '10',
  };
  assert.deepEqual(withEnvironment({ version: '1', latencyMs: 3 }, env), {
    version: '9',
    latencyMs: 3,
    errorRate: 0.5,
    neverReady: true,
    crash: { afterMs: 10 },
  });
  for (const value of ['', 'x', '-1']) {
    assert.throws(() => withEnvironment({}, { SANDBOX_LATENCY_MS: value }), /want a number that is not negative/);
  }
});
