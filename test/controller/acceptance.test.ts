import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acceptance } from '#src/controller/acceptance.ts';

test('notes when the route was first seen as it is', () => {
  const acceptance = new Acceptance();
  assert.equal(acceptance.since('shop/app', { signature: 'pending 5', now: 1_000 }), 1_000);
  assert.equal(acceptance.since('shop/app', { signature: 'accepted 5', now: 2_000 }), 2_000);
  assert.equal(acceptance.since('shop/app', { signature: 'accepted 5', now: 9_000 }), 2_000);
  assert.equal(acceptance.since('shop/other', { signature: 'accepted 5', now: 9_000 }), 9_000);
  acceptance.forget('shop/app');
  assert.equal(acceptance.since('shop/app', { signature: 'accepted 5', now: 9_500 }), 9_500);
});

test('begins anew when the clock was set back', () => {
  const acceptance = new Acceptance();
  acceptance.since('shop/app', { signature: 'accepted 5', now: 3_600_000 });
  assert.equal(acceptance.since('shop/app', { signature: 'accepted 5', now: 1_000 }), 1_000);
  assert.equal(acceptance.since('shop/app', { signature: 'accepted 5', now: 5_000 }), 1_000);
});
