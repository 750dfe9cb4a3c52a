import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { test } from 'node:test';

/** What each room may import from, beside itself. The order is DESIGN §4's. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  api: ['lib'],
  judge: ['lib', 'api'],
  rollout: ['lib', 'api', 'judge'],
  traffic: ['lib', 'api', 'judge', 'rollout'],
  workload: ['lib', 'api', 'judge', 'rollout'],
  analysis: ['lib', 'api', 'judge', 'rollout'],
  git: ['lib', 'api', 'judge', 'rollout'],
  hooks: ['lib', 'api', 'judge', 'rollout'],
  notify: ['lib', 'api', 'judge', 'rollout'],
  flagger: ['lib', 'api', 'judge', 'rollout'],
  'config.ts': ['lib'],
  kube: ['lib', 'api'],
  telemetry: ['lib', 'api', 'rollout'],
  controller: [
    'lib',
    'api',
    'judge',
    'rollout',
    'traffic',
    'workload',
    'analysis',
    'git',
    'hooks',
    'notify',
    'flagger',
    'kube',
    'telemetry',
    'config.ts',
  ],
  server: ['lib', 'api', 'rollout', 'kube', 'telemetry', 'controller', 'config.ts'],
  sandbox: ['lib', 'api', 'kube', 'rollout', 'git', 'analysis'],
};
/** The whole program may be put together here only. */
const WIRING = ['cli', 'main.ts'];

/** A library that only one place may import. */
const ONLY_IN: Readonly<Record<string, string>> = {
  '@kubernetes/client-node': 'src/kube/',
  'prometheus-query': 'src/analysis/prometheus.ts',
};
/** I/O that the pure core must not reach, beside what the rooms below already keep out. */
const PURE_ROOMS = ['rollout', 'judge', 'api', 'traffic', 'workload', 'flagger'];
const IO = ['undici', 'pino', 'axios', '@kubernetes/client-node', 'prometheus-query'];
const PURE_NODE_MODULES = ['node:crypto'];

type Import = { readonly file: string; readonly from: string };

const imports: readonly Import[] = globSync('src/**/*.ts').flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => ({ file, from: match[1] ?? '' }));
});

const roomOf = (file: string): string => relative('src', file).split('/')[0] ?? '';

test('rooms import only from the rooms below them', () => {
  const wrong = imports
    .filter(({ from }) => from.startsWith('.') || from.startsWith('#src/'))
    .map(({ file, from }) => ({
      file,
      to: from.startsWith('#src/') ? from.replace('#src/', 'src/') : normalize(join(dirname(file), from)),
    }))
    .filter(({ file, to }) => {
      const [here, there] = [roomOf(file), roomOf(to)];
      if (here === there || WIRING.includes(here)) return false;
      return !(MAY_IMPORT[here] ?? []).includes(there);
    })
    .map(({ file, to }) => `${file} imports ${to}`);
  assert.deepEqual(wrong, []);
  assert.ok(imports.length > 50, 'the test must see the imports');
});

test('every room is known', () => {
  const rooms = new Set(globSync('src/**/*.ts').map(roomOf));
  for (const room of rooms) {
    assert.ok(
      room in MAY_IMPORT || WIRING.includes(room) || room === 'config.ts',
      `src/${room} has no place in the order`,
    );
  }
});

test('some libraries have one place', () => {
  const wrong = imports
    .filter(({ file, from }) =>
      Object.entries(ONLY_IN).some(([name, place]) => from === name && !file.startsWith(place)),
    )
    .filter(({ file }) => !file.startsWith('src/kube/'))
    .map(({ file, from }) => `${file} imports ${from}`);
  assert.deepEqual(wrong, []);
});

test('the pure rooms reach no I/O', () => {
  const wrong = imports
    .filter(({ file }) => PURE_ROOMS.includes(roomOf(file)) && !file.endsWith('/write.ts'))
    .filter(({ from }) => IO.includes(from) || (from.startsWith('node:') && !PURE_NODE_MODULES.includes(from)))
    .map(({ file, from }) => `${file} imports ${from}`);
  assert.deepEqual(wrong, []);
});

test('clock, randomness and environment stay in main, cli and lib/clock', () => {
  const wrong = globSync('src/**/*.ts')
    .filter((file) => !['cli', 'main.ts'].includes(roomOf(file)) && file !== 'src/lib/clock.ts')
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line, index) => ({ line, place: `${file}:${index + 1}` }))
        .filter(({ line }) =>
          /Date\.now\(|new Date\(\)|Math\.random\(|\bprocess\.(env|exit|argv|hrtime)|(?<![.\w])set(Timeout|Interval)\(/.test(
            line,
          ),
        )
        .map(({ line, place }) => `${place} ${line.trim()}`),
    );
  assert.deepEqual(wrong, []);
});

test('no file is over 400 lines but schemas', () => {
  const long = globSync('src/**/*.ts')
    .map((file) => ({ file, lines: readFileSync(file, 'utf8').split('\n').length }))
    .filter(({ file, lines }) => lines > 401 && !file.startsWith('src/api/'));
  assert.deepEqual(long, []);
});
