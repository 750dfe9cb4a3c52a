import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planesPage } from './page.ts';
import { isPageCurrent } from './stored.ts';
import { tidy, type Verified } from './verified.ts';

test('docs/planes.md is as `npm run planes` would write it', () => {
  assert.ok(isPageCurrent(), 'run npm run planes');
});

test('a cell names the strongest way that a test has seen, and only what one has', () => {
  const seen: readonly Verified[] = [
    { plane: 'istio', feature: 'weights', way: 'real CRD' },
    { plane: 'istio', feature: 'weights', way: 'real data plane' },
    { plane: 'istio', feature: 'weights', way: 'real data plane' },
    { plane: 'gloo', feature: 'mirroring', way: 'real CRD' },
  ];
  assert.equal(tidy(seen).length, 3);
  const page = planesPage(tidy(seen));
  assert.match(page, /\| weights \| – \| – \| real data plane \| – \| – \|/);
  assert.match(page, /\| mirroring \| – \| – \| – \| – \| real CRD \|/);
});
