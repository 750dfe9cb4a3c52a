import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanaryView } from '#src/cli/view/canary-view.ts';
import { renderCanary, renderChange } from '#src/cli/view/render-canary.ts';
import { type Style, widthOf } from '#src/cli/view/style.ts';

const plain: Style = { width: 100, color: false, ascii: false };
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
    strategy: 'canary',
    startedAt: '2026-01-01T14:17:56Z',
    step: { index: 2, total: 3 },
    weight: { set: 30, since: '2026-01-01T14:29:00Z' },
    history: [],
  },
  plan: [10, 30, 50].map((weight, index) => ({ index: index + 1, weight, windows: 1 })),
  steps: [10, 30, 50],
  failedChecks: { count: 1, threshold: 2 },
  checks: [
    { name: 'request-success-rate', at: '2026-01-01T14:29:30Z', value: 99.93, min: 99, unit: '%', verdict: 'pass' },
    { name: 'queue-lag', at: '2026-01-01T14:29:30Z', max: 100, verdict: 'noData', message: 'no data' },
  ],
  next: { at: '2026-01-01T14:30:30Z', action: '50% if checks hold' },
  route: { kind: 'HTTPRoute', name: 'podinfo', weight: 30 },
  workloads: [
    { kind: 'Deployment', name: 'podinfo-canary', role: 'canary', images: ['podinfo:6.7.1'], wanted: 3, ready: 3 },
    { kind: 'Deployment', name: 'podinfo-primary', role: 'primary', images: ['podinfo:6.7.0'], wanted: 7, ready: 7 },
  ],
};

test('draws the summary block and the tree', () => {
  const lines = renderCanary(view, { style: plain, now });
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
    'NAME                                      KIND        STATUS         AGE     INFO',
    '⟳ podinfo                                 Canary      ◌ Progressing  90d',
    '├──# 7c9f8d-14                            Run         ◌ step 2/3     12m04s',
    '│  ├──⧉ podinfo-canary                    Deployment  ✔ Healthy              canary 3/3',
    '│  └──⇄ podinfo                           HTTPRoute   30%            1m00s',
    '└──# stable                               -                                  podinfo:6.7.0',
    '   └──⧉ podinfo-primary                   Deployment  ✔ Healthy              primary 7/7',
  ]);
});

/** A canary with trouble, in foreign words that are hard to draw. */
const troubled: CanaryView = {
  ...view,
  source: { commit: 'a1b2c3d4e5', author: '山田', subject: '🚀 bump\u001b[2J\npodinfo' },
  workloads: [
    {
      kind: 'Deployment',
      name: 'a-name-that-is-much-too-long-for-the-column-that-it-stands-in-canary',
      role: 'canary',
      images: ['podinfo:6.7.1'],
      wanted: 4,
      ready: 1,
      waiting: '1 of 4 pods ready: pod podinfo-canary-x1: container app: ImagePullBackOff',
      pods: [
        { name: 'podinfo-canary-x1', reason: 'container app: ImagePullBackOff' },
        { name: 'podinfo-canary-x2', reason: 'its containers are starting' },
        { name: 'podinfo-canary-x3', reason: 'stopping' },
      ],
    },
    ...view.workloads.filter(({ role }) => role === 'primary'),
  ],
  git: { state: 'Pending', message: 'The revert of run x-1 is on its way' },
};

/** An A/B run with everything that people and hooks can do to it. */
const busy: CanaryView = {
  ...view,
  run: {
    ...(view.run ?? assert.fail()),
    strategy: 'abTest',
    match: [
      [
        { on: 'header', name: 'x-canary', op: 'exact', value: 'always' },
        { on: 'query', name: 'beta', op: 'prefix', value: '' },
      ],
      [{ on: 'cookie', name: 'group', op: 'regex', value: '.*' }],
    ],
    step: { index: 1, total: 1, passed: 3, windows: 10 },
    weight: { set: 0, matched: true, since: '2026-01-01T14:29:00Z' },
    paused: { since: '2026-01-01T14:29:30Z', by: 'alice@example.com', reason: 'lunch' },
    fast: 'hotfix (bob@example.com)',
    gates: [
      { name: 'smoke', type: 'confirm-rollout', step: 0, since: '2026-01-01T14:18:00Z', state: 'Open' },
      {
        name: 'release-team',
        type: 'confirm-rollout',
        step: 0,
        since: '2026-01-01T14:18:00Z',
        state: 'Approved',
        by: 'bob',
        reason: 'go',
      },
      {
        name: 'load-test',
        type: 'confirm-promotion',
        step: 1,
        since: '2026-01-01T14:29:00Z',
        state: 'Waiting',
        reason: '403',
      },
    ],
    hooks: [
      {
        name: 'acceptance',
        type: 'pre-rollout',
        at: '2026-01-01T14:18:10Z',
        calls: 3,
        failures: 1,
        passed: true,
        detail: '200 OK',
      },
      { name: 'traffic', type: 'rollout', at: '2026-01-01T14:29:10Z', calls: 1, passed: false },
    ],
    actions: ['pause', 'resume', 'approve', 'promoteFull'].map((verb, index) => ({
      name: `a${index}`,
      verb: verb as 'pause',
      by: 'alice@example.com',
      at: `2026-01-01T14:2${index}:00Z`,
      ...(verb === 'approve' ? { gate: 'release-team', reason: 'go' } : {}),
    })),
  },
  plan: [{ index: 1, weight: 0, matched: true, windows: 10 }],
  steps: [0],
  next: {
    action: 'promotion once gate "load-test" is open',
    commands: ['serin approve podinfo load-test', 'serin reject podinfo load-test'],
  },
};

test('shows how a run is released, what it waits for, and what people and hooks did', () => {
  const lines = renderCanary(busy, { style: { ...plain, width: 120 }, now });
  assert.deepEqual(lines.slice(3, lines.indexOf('')), [
    'traffic  [######..............]  set 30%, and the requests that match',
    'steps    ॥ match x10   3 of 10 passed',
    'checks   ✔ request-success-rate   99.93 %   limit ≥ 99',
    '         ? queue-lag              no data   limit ≤ 100',
    'failed   1 of 2 windows that end the run',
    'strategy A/B',
    'match    header x-canary=always and query beta or cookie group~.*',
    'paused   ॥ by alice@example.com since 14:29:30: lunch',
    'analysis ? left out: hotfix (bob@example.com)',
    'gates    ✔ smoke (confirm-rollout) is open',
    '         ✔ release-team (confirm-rollout) approved by bob: go',
    '         ॥ load-test (confirm-promotion) waits since 14:29:00: 403',
    'hooks    ✔ acceptance (pre-rollout) 200 OK, 3 calls, 1 failed',
    '         ✖ traffic (rollout) failed, 1 call',
    'actions  resume by alice@example.com at 14:21:00',
    '         approve release-team by alice@example.com at 14:22:00: go',
    '         promote --full by alice@example.com at 14:23:00',
    'next     promotion once gate "load-test" is open',
    '         serin approve podinfo load-test, or serin reject podinfo load-test',
  ]);
});

test('mirrored requests stand beside the weight', () => {
  const run = { ...(view.run ?? assert.fail()), weight: { set: 0, mirror: 100, since: '2026-01-01T14:29:00Z' } };
  const plan = [
    { index: 1, weight: 0, mirror: 100, windows: 1 },
    { index: 2, weight: 50, windows: 1 },
  ];
  const route = { kind: 'VirtualService', name: 'podinfo', weight: 0 };
  const shown = renderCanary(
    { ...view, run: { ...run, step: { index: 1, total: 2 } }, plan, route },
    { style: plain, now },
  );
  assert.deepEqual(shown.slice(3, 5), [
    'traffic  [....................]  set 0%, a copy of 100% of the requests',
    'steps    ◌ mirror 100  ◷ 50',
  ]);
});

for (const width of [60, 80, 120]) {
  for (const color of [false, true]) {
    for (const ascii of [false, true]) {
      test(`no line is wider than ${width} columns; colour ${color}, ASCII ${ascii}`, () => {
        for (const shown of [troubled, busy]) {
          for (const line of renderCanary(shown, { style: { width, color, ascii }, now })) {
            assert.ok(widthOf(line) <= width, `${widthOf(line)} columns: ${line}`);
          }
        }
      });
    }
  }
}

test('lists the pods that are not ready with their reasons', () => {
  const lines = renderCanary(troubled, { style: plain, now });
  const first = lines.findIndex((line) => line.includes('⧉'));
  assert.deepEqual(lines.slice(first, first + 5), [
    '│  ├──⧉ a-name-that-is-m…tands-in-canary  Deployment  ◌ Waiting              canary 1/4',
    '│  │  ├──□ podinfo-canary-x1              Pod         ⚠ NotReady             container app: ImagePu…',
    '│  │  ├──□ podinfo-canary-x2              Pod         ⚠ NotReady             its containers are sta…',
    '│  │  ├──□ podinfo-canary-x3              Pod         ⚠ NotReady             stopping',
    '│  │  └──+1 ready                         Pods',
  ]);
  assert.ok(
    lines.includes(
      'waiting  a-name-that-is-much-too-long-for-the-column-that-it-stands-in-canary: 1 of 4 pods ready: p…',
    ),
  );
});

test('lists ten pods at most, and counts the others', () => {
  const pods = Array.from({ length: 12 }, (_, index) => ({ name: `pod-${index}`, reason: 'stopping' }));
  const workloads = [
    { kind: 'Deployment', name: 'c', role: 'canary', images: [], wanted: 20, ready: 8, waiting: 'x', pods } as const,
  ];
  const lines = renderCanary({ ...view, workloads }, { style: plain, now });
  assert.equal(lines.filter((line) => line.includes('NotReady')).length, 10);
  assert.ok(lines.some((line) => line.includes('+2 not ready, +8 ready')));
});

test('ASCII output holds no other character, whoever wrote it', () => {
  for (const shown of [view, troubled, busy]) {
    const style = { ...plain, ascii: true };
    const text = [...renderCanary(shown, { style, now }), renderChange(shown, style)].join('\n');
    assert.match(text, /^[\x20-\x7e\n]*$/);
  }
});

test('foreign text can neither move the cursor nor break the line', () => {
  const lines = renderCanary(troubled, { style: { ...plain, color: true }, now });
  assert.ok(lines.includes('source   a1b2c3d 🚀 bump [2J podinfo (山田)'));
});

test('one change is one line', () => {
  assert.equal(renderChange(view, plain), '◌ Progressing  step 2/3  30%  14:30:30 → 50% if checks hold');
});

test('says how old the view is when it cannot be brought up to date', () => {
  const [head] = renderCanary(view, { style: plain, now, staleMs: 12_400 });
  assert.equal(head, 'podinfo  shop @ eu-1     ◌ Progressing    step 2/3    12m04s    ⚠ stale 12s');
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
        hooks: [{ name: 'chat', type: 'post-rollout', at: '2026-01-01T14:00:01Z', calls: 1, passed: true }],
      },
    },
    { style: plain, now },
  );
  assert.ok(lines.includes('last     ✖ RolledBack: Rolled back at 10 % (commit abcdef1)'));
  assert.ok(lines.includes('hooks    ✔ chat (post-rollout) passed, 1 call'));
  assert.ok(lines.includes('next     waits for a new revision'));
});
