import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { flaggerPage } from './page.ts';

test('docs/flagger.md is as `npm run flagger` would write it', () => {
  assert.equal(readFileSync('docs/flagger.md', 'utf8'), flaggerPage(), 'run npm run flagger');
});
