// `npm run planes`: runs the tests that say something of the data planes, and writes docs/planes.md from what they saw.
// `-- FILE`: takes what a run of `npm run test:cluster` has seen instead.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '#test/cluster/parts/run.ts';
import { store } from './stored.ts';
import { readVerified } from './verified.ts';

const TESTS = ['test/contract/*-router.test.ts', 'test/contract/router.test.ts', 'test/controller/planes/*.test.ts'];

const [given] = process.argv.slice(2);
if (given === undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'serin-planes-'));
  const file = join(folder, 'verified.jsonl');
  await run([process.execPath, '--test', '--test-isolation=none', '--test-reporter=dot', ...TESTS], {
    environment: { SERIN_VERIFIED: file },
  });
  store('test', readVerified(file));
  rmSync(folder, { recursive: true });
} else {
  store('test:cluster', readVerified(given));
}
process.stdout.write('docs/planes.md is written\n');
