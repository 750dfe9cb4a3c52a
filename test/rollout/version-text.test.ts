import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeText, versionText } from '#src/rollout/version-text.ts';

test('a change is told by the tags of the containers that change', () => {
  const from = { app: 'shop/app:1.0', proxy: 'envoy:1.30' };
  assert.equal(changeText(from, { images: { ...from, app: 'shop/app:1.1' }, revision: 'r2' }), '1.0 → 1.1');
  assert.equal(
    changeText(from, { images: { app: 'shop/app:1.1', proxy: 'envoy:1.31' }, revision: 'r2' }),
    '1.0 → 1.1, 1.30 → 1.31',
  );
});

test('two containers of one version are told once, a new one without a before', () => {
  const from = { app: 'a:1', worker: 'a:1' };
  assert.equal(changeText(from, { images: { app: 'a:2', worker: 'a:2' }, revision: 'r' }), '1 → 2');
  assert.equal(changeText({ app: 'a:1' }, { images: { app: 'a:1', log: 'l:7' }, revision: 'r' }), '7');
});

test('a change without a new image is named by its revision', () => {
  assert.equal(changeText({ app: 'a:1' }, { images: { app: 'a:1' }, revision: 'abc' }), '1 (revision abc)');
  assert.equal(versionText({}, 'abc'), 'abc');
});
