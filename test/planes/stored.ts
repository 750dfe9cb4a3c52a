import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planesPage } from './page.ts';
import { readVerified, tidy, type Verified, type Way } from './verified.ts';

/** What the last runs have seen, one in a line. */
const STORED = join(import.meta.dirname, 'verified.jsonl');
const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'planes.md');

/** Who sees what: `npm test` these, `npm run test:cluster` the others. */
export type Run = 'test' | 'test:cluster';
const OF_CLUSTER: ReadonlySet<Way> = new Set(['real data plane', 'real API server']);
const isOf = (run: Run, { way }: Verified): boolean => OF_CLUSTER.has(way) === (run === 'test:cluster');

const words = ({ plane, feature, way }: Verified): string => `${plane}: ${feature} (${way})`;
const lines = (all: readonly Verified[]): string => all.map((one) => `${JSON.stringify(one)}\n`).join('');

/** What a whole run has seen and the page does not say, or the other way round; empty when they agree. */
export const differences = (run: Run, seen: readonly Verified[]): readonly string[] => {
  const now = new Set(seen.filter((one) => isOf(run, one)).map(words));
  const then = new Set(
    readVerified(STORED)
      .filter((one) => isOf(run, one))
      .map(words),
  );
  return [
    ...[...now].filter((one) => !then.has(one)).map((one) => `new: ${one}`),
    ...[...then].filter((one) => !now.has(one)).map((one) => `no longer seen: ${one}`),
  ];
};

/** Keeps what a whole run has seen, and writes the page anew. */
export const store = (run: Run, seen: readonly Verified[]): void => {
  const others = readVerified(STORED).filter((one) => !isOf(run, one));
  const all = tidy([...others, ...seen.filter((one) => isOf(run, one))]);
  writeFileSync(STORED, lines(all));
  writeFileSync(PAGE, planesPage(all));
};

/** True when docs/planes.md is what the stored results give. */
export const isPageCurrent = (): boolean =>
  existsSync(PAGE) && readFileSync(PAGE, 'utf8') === planesPage(readVerified(STORED));
