import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CanarySpecInput, canarySpec } from '#src/api/canary.ts';
import { possibleExposures } from '#src/rollout/possible-exposures.ts';
import { canaryExample } from '../api/example.ts';

const possible = (analysis: Partial<CanarySpecInput['analysis']>) => {
  const { spec } = canaryExample;
  return possibleExposures(canarySpec.parse({ ...spec, analysis: { ...spec.analysis, ...analysis } }));
};

test('runs by weights alone ask for nothing beside them', () => {
  assert.deepEqual(possible({}), []);
  assert.deepEqual(possible({ match: [], mirror: false, mirrorWeight: 50 }), []);
  assert.deepEqual(possible({ mirror: true, mirrorWeight: 0 }), []);
});

test('what a run may ask for is told once for each kind', () => {
  assert.deepEqual(possible({ iterations: 10, match: [{ headers: { 'x-canary': { exact: 'always' } } }] }), [
    { canaryWeight: 0, pinned: [[{ on: 'header', name: 'x-canary', op: 'exact', value: 'always' }]] },
  ]);
  assert.deepEqual(possible({ mirror: true }), [{ canaryWeight: 0, mirror: 100 }]);
  assert.deepEqual(possible({ mirror: true, mirrorWeight: 20 }), [{ canaryWeight: 0, mirror: 20 }]);
  const [asked, ...others] = possible({ sessionAffinity: { cookieName: 'side', maxAge: 60 } });
  assert.deepEqual(others, []);
  assert.equal(asked?.affinity?.canary.name, 'side');
  assert.equal(asked?.affinity?.primary.name, 'side-primary');
  assert.deepEqual(asked?.affinity?.attributes, { maxAge: 60, path: '/' });
});
