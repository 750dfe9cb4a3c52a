import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generatedFiles } from '#src/api/crd/generated.ts';

const root = join(import.meta.dirname, '..', '..', '..');

test('generated files are as `npm run crds` would write them', () => {
  for (const [path, content] of generatedFiles()) assert.equal(readFileSync(join(root, path), 'utf8'), content, path);
});

test('crds/ holds nothing else', () => {
  const expected = [...generatedFiles().keys()].filter((path) => path.startsWith('crds/'));
  assert.deepEqual(
    readdirSync(join(root, 'crds')).map((name) => `crds/${name}`),
    expected.toSorted(),
  );
});
