import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanaryView } from '#src/cli/view/canary-view.ts';
import { renderCanary } from '#src/cli/view/render-canary.ts';
import { widthOf } from '#src/cli/view/style.ts';

const now = Date.UTC(2026, 0, 1, 14, 30, 0);
const view: CanaryView = {
  kind: 'CanaryView',
  version: 1,
  name: 'podinfo',
  namespace: 'shop',
  cluster: 'eu-1',
  phase: 'Progressing',
  createdAt: '2025-10-03T00:00:00Z',
  ready: { status: 'True', reason: 'Progressing', message: 'a run is going on' },
  source: { commit: 'a1b2c3d4e5', author: 'jane', subject: 'bump podinfo to 6.7.1' },
  images: { primary: ['podinfo:6.7.0'], canary: ['podinfo:6.7.1'] },
  run: {
    id: '7c9f8d-14',
    revision: '7c9f8d',
    startedAt: '2026-01-01T14:17:56Z',
    step: { index: 2, total: 3 },
    weight: { set: 30, since: '2026-01-01T14:29:00Z' },
    history: [],
  },
  steps: [10, 30, 50],
  failedChecks: { count: 1, threshold: 2 },
  checks: [
    { name: 'request-success-rate', at: '2026-01-01T14:29:30Z', value: 99.93, min: 99, unit: '%', verdict: 'pass' },
    { name: 'queue-lag', at: '2026-01-01T14:29:30Z', max: 100, verdict: 'noData', message: 'no data' },
  ],
  next: { at: '2026-01-01T14:30:30Z', action: '50% if checks hold' },
  route: { kind: 'HTTPRoute', name: 'podinfo', weight: 30 },
  workloads: [
    { name: 'podinfo-canary', role: 'canary', images: ['podinfo:6.7.1'], wanted: 3, ready: 3 },
    { name: 'podinfo-primary', role: 'primary', images: ['podinfo:6.7.0'], wanted: 7, ready: 7 },
  ],
};

test('draws the summary block and the tree', () => {
  const lines = renderCanary(view, { style: { width: 100, color: false, ascii: false }, now });
  assert.deepEqual(lines, [
    'podinfo  shop @ eu-1     ◌ Progressing    step 2/3    12m04s',
    'source   a1b2c3d bump podinfo to 6.7.1 (jane)',
    'image    podinfo:6.7.0 primary → podinfo:6.7.1 canary',
    'traffic  [######..............]  set 30%',
    'steps    ✔ 10  ◌ 30  ◷ 50',
    'checks   ✔ request-success-rate   99.93 %   limit ≥ 99',
    '         ? queue-lag              no data   limit ≤ 100',
    'failed   1 of 2 windows that end the run',
    'next     14:30:30 → 50% if checks hold',
    '',
    'NAME                                          KIND         STATUS          INFO',
    '⟳ podinfo                                     Canary       ◌ Progressing   90d',
    '├──# 7c9f8d-14                                Run          ◌ step 2/3      12m04s',
    '│  ├──⧉ podinfo-canary                        Deployment   ✔ Healthy       canary 3/3',
    '│  └──⇄ podinfo                               HTTPRoute    30%             ',
    '└──# stable                                   -                            podinfo:6.7.0',
    '   └──⧉ podinfo-primary                       Deployment   ✔ Healthy       primary 7/7',
  ]);
});

for (const width of [60, 80, 120]) {
  for (const color of [false, true]) {
    test(`no line is wider than ${width} columns, colour ${color}`, () => {
      for (const line of renderCanary(view, { style: { width, color, ascii: false }, now })) {
        assert.ok(widthOf(line) <= width, `${widthOf(line)} columns: ${line}`);
      }
    });
  }
}

test('ASCII output holds no other character but the users own', () => {
  const text = renderCanary(view, { style: { width: 100, color: false, ascii: true }, now }).join('\n');
  assert.match(text, /^[\x20-\x7e\n]*$/);
});

test('below 60 columns the tree is left out', () => {
  const lines = renderCanary(view, { style: { width: 50, color: false, ascii: false }, now });
  assert.ok(!lines.some((line) => line.includes('NAME')));
});

test('a settled canary says how its last run ended and what it waits for', () => {
  const { run: _run, ...settled } = view;
  const lines = renderCanary(
    {
      ...settled,
      phase: 'Failed',
      checks: [],
      next: { action: 'waits for a new revision' },
      last: {
        run: 'x-1',
        outcome: 'RolledBack',
        sentence: 'Rolled back at 10 %',
        endedAt: '2026-01-01T14:00:00Z',
        commit: 'abcdef1234',
      },
    },
    { style: { width: 100, color: false, ascii: false }, now },
  );
  assert.ok(lines.includes('last     ✖ RolledBack: Rolled back at 10 % (commit abcdef1)'));
  assert.ok(lines.includes('next     waits for a new revision'));
});
