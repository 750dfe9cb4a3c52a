import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptance } from '#src/traffic/istio/acceptance.ts';
import { aVirtualService } from './an-istio.ts';

const withStatus = (status: object) => {
  const object = aVirtualService({});
  return { ...object, metadata: { ...object.metadata, generation: 3 }, status };
};

const missing = {
  level: 'ERROR',
  type: { code: 'IST0101', name: 'ReferencedResourceNotFound' },
  documentationUrl: 'https://istio.io/v1.31/docs/reference/config/analysis/ist0101/',
};

test('without a status, or with one that has no errors, nothing is known', () => {
  for (const status of [{}, { validationMessages: [] }, { validationMessages: [{ ...missing, level: 'WARNING' }] }]) {
    assert.equal(acceptance([withStatus(status)]).ok, 'unknown');
  }
});

test('an error of istiod’s analysis is a refusal in its words', () => {
  for (const observedGeneration of [undefined, '3', 3, 4]) {
    assert.deepEqual(acceptance([withStatus({ validationMessages: [missing], observedGeneration })]), {
      ok: false,
      refused: true,
      detail: `VirtualService shop/shop: IST0101 ReferencedResourceNotFound (${missing.documentationUrl})`,
    });
  }
  const old = { level: 'Error', code: 'IST0101', message: 'Referenced gateway not found: "bogus"' };
  assert.equal(
    acceptance([withStatus({ validationMessages: [old] })]).detail,
    'VirtualService shop/shop: IST0101 Referenced gateway not found: "bogus"',
  );
});

test('what it says of an older generation is no answer', () => {
  for (const observedGeneration of ['2', 2]) {
    assert.equal(acceptance([withStatus({ validationMessages: [missing], observedGeneration })]).ok, 'unknown');
  }
});
