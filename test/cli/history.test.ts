import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import type { RunRecord } from '#src/api/canary-run.ts';
import type { RunNotes } from '#src/api/canary-status.ts';
import { waitedMs } from '#src/cli/history/waited.ts';
import { widthOf } from '#src/cli/view/style.ts';
import { at, listAt, stringAt } from '#src/lib/json.ts';
import { aCluster, progressing, promoted } from './a-cluster.ts';
import { NOW, runSerin } from './run-serin.ts';

const time = (secondsAgo: number): string => new Date(NOW - secondsAgo * 1000).toISOString();

const record: RunRecord = {
  canaryRef: { name: 'podinfo' },
  run: 'v1-1',
  revision: 'v1',
  previous: 'v0',
  images: { app: 'registry.example.com/podinfo:6.0.0' },
  digests: { app: `sha256:${'a'.repeat(64)}` },
  strategy: 'canary',
  provider: 'gatewayapi',
  source: { commit: 'a1b2c3d4e5f6', author: 'jane', subject: 'bump podinfo' },
  startedAt: time(7_200),
  endedAt: time(6_000),
  outcome: 'Aborted',
  cause: 'OperatorAbort',
  sentence: 'Aborted at 10 % after 20 min: wrong settings (alice@example.com)',
  steps: [{ index: 1, weight: 10, from: time(7_000), to: time(6_000), level: 'accepted' }],
  checks: [{ name: 'request-success-rate', at: time(6_900), value: 99.9, min: 99, unit: '%', verdict: 'pass' }],
  gates: [
    {
      name: 'smoke',
      type: 'confirm-rollout',
      step: 0,
      since: time(7_200),
      at: time(7_100),
      state: 'Approved',
      by: 'bob',
      reason: 'go',
    },
  ],
  hooks: [{ name: 'acceptance', type: 'pre-rollout', at: time(7_050), calls: 1, passed: true, detail: '200 OK' }],
  actions: [
    { name: 'a', verb: 'approve', by: 'bob', at: time(7_100), gate: 'smoke', reason: 'go' },
    { name: 'b', verb: 'pause', by: 'alice@example.com', at: time(6_800) },
    { name: 'c', verb: 'abort', by: 'alice@example.com', at: time(6_000), reason: 'wrong settings' },
  ],
  changes: [{ at: time(6_900), generation: 3, what: 'the run goes on at 10 % by the new spec' }],
};

/** A Canary with a run that is going on and the record of one that has ended. */
const recorded = async (t: Parameters<typeof aCluster>[0]) => {
  const cluster = await aCluster(t);
  cluster.api.write(
    {
      apiVersion: 'serin.dev/v1alpha1',
      kind: 'CanaryRun',
      metadata: { name: 'podinfo-v1-1', namespace: 'shop', labels: { 'serin.dev/canary': 'podinfo' } },
      spec: record,
    },
    { manager: 'serin' },
  );
  cluster.setStatus(progressing());
  return cluster;
};

test('lists the runs, newest first, what is not known any more as such', async (t) => {
  const cluster = await recorded(t);
  const argv = ['history', 'podinfo', '--kubeconfig', cluster.kubeconfig];
  const ran = await runSerin(argv);
  assert.deepEqual([ran.code, ran.err], [0, '']);
  assert.deepEqual(ran.out.split('\n'), [
    'RUN   VERSION  OUTCOME     CAUSE          TOOK    WAITED  STEPS  COMMIT  AGE',
    'v2-1  6.1.0    ◌ going on  -              20s',
    'v1-1  6.0.0    ✖ Aborted   OperatorAbort  20m00s  15m00s  10     -       1h40m',
    '',
  ]);
});

test('a run without a record is shown from the status; commits, pull requests and refusals are told apart', async (t) => {
  const cluster = await recorded(t);
  const [entry] = promoted().history;
  assert.ok(entry);
  const { commit: _, ...uncommitted } = entry;
  const history = [
    entry,
    { ...entry, id: 'v2-0', pullRequest: 'https://git.example.com/shop/config/pull/12' },
    { ...uncommitted, id: 'v2-9', unwritten: 'Forbidden: the branch is protected' },
  ];
  cluster.setStatus({ ...promoted(), history });
  const { out } = await runSerin(['history', 'podinfo', '-o', 'wide', '--kubeconfig', cluster.kubeconfig]);
  assert.deepEqual(out.split('\n').slice(0, 4), [
    'RUN   VERSION  OUTCOME     CAUSE          TOOK    WAITED  STEPS  COMMIT   AGE    STRATEGY  BY  WHY',
    'v2-1  6.1.0    ✔ Promoted  -              20s     ?       ?      a1b2c3d  0s     ?         -   Promoted after 20 s',
    'v2-0  6.1.0    ✔ Promoted  -              20s     ?       ?      #12      0s     ?         -   Promoted after 20 s',
    'v2-9  6.1.0    ✔ Promoted  -              20s     ?       ?      refused  0s     ?         -   Promoted after 20 s',
  ]);
});

test('--run shows one record in full, by its id or its number', async (t) => {
  const cluster = await recorded(t);
  cluster.setStatus(promoted());
  const argv = ['history', 'podinfo', '--kubeconfig', cluster.kubeconfig, '--run'];
  const { out, code } = await runSerin([...argv, 'v1-1']);
  assert.equal(code, 0);
  assert.deepEqual(out.split('\n'), [
    'v1-1     ✖ Aborted (OperatorAbort)',
    'why       Aborted at 10 % after 20 min: wrong settings (alice@example.com)',
    'version   6.0.0, revision v1, v0 served',
    'images    app: registry.example.com/podinfo:6.0.0, ran as sha256:aaaaaaaaaaaa…',
    'time      2026-01-01 12:30:00Z - 2026-01-01 12:50:00Z, took 20m00s, waited 15m00s',
    'strategy  canary by gatewayapi',
    'source    a1b2c3d bump podinfo (jane)',
    'steps     1  10%  12:33:20 - 12:50:00  accepted',
    'checks    12:35:00  ✔ request-success-rate   99.9 %   limit ≥ 99',
    'gates     ✔ smoke (confirm-rollout) approved by bob: go',
    'hooks     ✔ acceptance (pre-rollout) 200 OK, 1 call',
    'actions   approve smoke by bob at 12:31:40: go',
    '          pause by alice@example.com at 12:36:40',
    '          abort by alice@example.com at 12:50:00: wrong settings',
    'changes   12:35:00 generation 3: the run goes on at 10 % by the new spec',
    '',
  ]);
  const gone = await runSerin([...argv, 'v2-1']);
  assert.match(
    gone.out,
    /^v2-1 {5}✔ Promoted\nwhy {7}Promoted after 20 s\nversion {3}6\.0\.0 → 6\.1\.0, revision v2, v1 served\n/,
  );
  assert.match(
    gone.out,
    /\ngit {7}commit a1b2c3d4e5f6\nrecord {4}CanaryRun v2-1 is gone: only what status\.history keeps is shown\n$/,
  );
  const unknown = await runSerin([...argv, '99']);
  assert.deepEqual([unknown.code, unknown.err], [1, 'Run 99 is not known\nThe newest are v2-1, v1-1\n']);
});

test('what became known after a run is shown from its record when the Canary has forgotten the run', async (t) => {
  const cluster = await recorded(t);
  const notes: RunNotes = {
    commit: 'f00ba4f00ba4',
    pullRequest: 'https://git.example.com/shop/config/pull/7',
    hooks: [
      {
        name: 'clean up',
        type: 'post-rollout',
        at: time(5_900),
        calls: 1,
        failures: 1,
        passed: false,
        detail: 'HTTP 500',
      },
    ],
  };
  const ref = { apiVersion: 'serin.dev/v1alpha1', kind: 'CanaryRun', namespace: 'shop', name: 'podinfo-v1-1' };
  cluster.api.writeStatus(ref, notes, { manager: 'serin' });
  const argv = ['history', 'podinfo', '--kubeconfig', cluster.kubeconfig];
  assert.match((await runSerin(argv)).out, /\nv1-1 .* #7 /);
  const { out } = await runSerin([...argv, '--run', 'v1-1']);
  const lines = out.split('\n').filter((line) => /^(git|hooks| ) /.test(line));
  assert.deepEqual(lines.slice(0, 4), [
    'git       commit f00ba4f00ba4',
    '          https://git.example.com/shop/config/pull/7',
    'hooks     ✔ acceptance (pre-rollout) 200 OK, 1 call',
    '          ✖ clean up (post-rollout) HTTP 500, 1 call, 1 failed',
  ]);
  const json: unknown = JSON.parse((await runSerin([...argv, '--run', 'v1-1', '-o', 'json'])).out);
  assert.deepEqual(
    [
      stringAt(json, 'commit'),
      stringAt(json, 'pullRequest'),
      listAt(json, 'hooks').map((hook) => stringAt(hook, 'name')),
    ],
    [notes.commit, notes.pullRequest, ['acceptance', 'clean up']],
  );
});

for (const width of [60, 80, 120]) {
  for (const flags of [['--no-color'], ['--ascii', '--no-color'], ['--color=always']]) {
    test(`nothing is wider than a window of ${width} columns ${flags.join(' ')}`, async (t) => {
      const cluster = await recorded(t);
      const terminal = { columns: width, rows: 24 };
      for (const more of [[], ['-o', 'wide'], ['--run', 'v1-1']]) {
        const argv = ['history', 'podinfo', '--kubeconfig', cluster.kubeconfig, ...flags, ...more];
        const { out } = await runSerin(argv, { terminal });
        for (const line of out.split('\n')) assert.ok(widthOf(line) <= width, line);
        if (flags.includes('--ascii')) assert.match(out, /^[\x20-\x7e\n]*$/);
      }
    });
  }
}

test('-o json and yaml give the same view; what is unknown is absent', async (t) => {
  const cluster = await recorded(t);
  const argv = ['history', 'podinfo', '--kubeconfig', cluster.kubeconfig];
  const json: unknown = JSON.parse((await runSerin([...argv, '-o', 'json'])).out);
  assert.deepEqual(load((await runSerin([...argv, '-o', 'yaml'])).out), json);
  assert.deepEqual(
    [at(json, 'kind'), at(json, 'current', 'id'), listAt(json, 'runs').map((run) => stringAt(run, 'id'))],
    ['HistoryView', 'v2-1', ['v1-1']],
  );
  assert.deepEqual(at(json, 'runs', 0, 'weights'), [10]);
  assert.equal('commit' in Object(at(json, 'runs', 0)), false);
  const run: unknown = JSON.parse((await runSerin([...argv, '--run', '1', '-o', 'json'])).out);
  assert.deepEqual(
    [stringAt(run, 'kind'), stringAt(run, 'id'), stringAt(run, 'outcome')],
    ['RunView', 'v1-1', 'Aborted'],
  );
});

test('records outlive their Canary; one that never was is told', async (t) => {
  const cluster = await recorded(t);
  cluster.remove();
  const kept = await runSerin(['history', 'podinfo', '--kubeconfig', cluster.kubeconfig]);
  assert.match(kept.out, /^RUN .*\nv1-1 /);
  const none = await runSerin(['history', 'other', '--kubeconfig', cluster.kubeconfig]);
  assert.deepEqual(
    [none.code, none.err],
    [1, 'Canary shop/other does not exist\nList them with: serin get canaries -A\n'],
  );
});

test('a Canary without a run says so', async (t) => {
  const cluster = await aCluster(t);
  const { run: _, ...idle } = progressing();
  cluster.setStatus(idle);
  assert.equal((await runSerin(['history', 'podinfo', '--kubeconfig', cluster.kubeconfig])).out, 'No run yet\n');
});

test('waiting at gates and in pauses counts once where it overlaps', () => {
  const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();
  const of = (parts: Partial<RunRecord>): number =>
    waitedMs({ ...record, gates: [], actions: [], endedAt: at(100), ...parts }) / 1000;
  const pause = (verb: 'pause' | 'resume' | 'promote', seconds: number) =>
    ({ name: 'a', verb, by: 'alice', at: at(seconds) }) as const;
  const gate = (from: number, to?: number) =>
    ({
      name: 'g',
      type: 'confirm-rollout',
      step: 0,
      since: at(from),
      state: 'Waiting',
      ...(to === undefined ? {} : { at: at(to) }),
    }) as const;
  assert.equal(of({}), 0);
  assert.equal(of({ actions: [pause('pause', 10), pause('resume', 30), pause('pause', 50)] }), 70);
  assert.equal(of({ actions: [pause('pause', 10), pause('promote', 20)] }), 10);
  assert.equal(of({ gates: [gate(0, 40), gate(20, 60)], actions: [pause('pause', 50), pause('resume', 55)] }), 60);
  assert.equal(of({ gates: [gate(90)] }), 10);
});
