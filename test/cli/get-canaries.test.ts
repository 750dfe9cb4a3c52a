import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { widthOf } from '#src/cli/view/style.ts';
import { at, listAt, stringAt } from '#src/lib/json.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { aCluster, progressing, promoted } from './a-cluster.ts';
import { NOW, runSerin } from './run-serin.ts';

const MANAGER = { manager: 'test' };

/** Canaries in two namespaces; the one beside podinfo has ended a run. */
const several = async (t: Parameters<typeof aCluster>[0]) => {
  const cluster = await aCluster(t);
  const { api } = cluster;
  api.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } }, MANAGER);
  const beside = aCanary({}, 'beside');
  api.write({ ...beside, metadata: { ...beside.metadata, namespace: 'other', labels: { team: 'a' } } }, MANAGER);
  const ready = {
    type: 'Ready',
    status: 'False',
    reason: 'RolledBack',
    message: 'Git asks for it',
    observedGeneration: 1,
  } as const;
  const [entry] = promoted().history;
  assert.ok(entry);
  const ref = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'other', name: 'beside' };
  api.writeStatus(
    ref,
    {
      ...promoted(),
      phase: 'Failed',
      conditions: [{ ...ready, lastTransitionTime: entry.endedAt }],
      history: [{ ...entry, outcome: 'RolledBack', cause: 'ThresholdReached' }],
    },
    MANAGER,
  );
  return cluster;
};

test('lists the Canaries of the namespace', async (t) => {
  const cluster = await several(t);
  const { code, out } = await runSerin(['get', 'canaries', '--kubeconfig', cluster.kubeconfig]);
  assert.equal(code, 0);
  assert.deepEqual(out.split('\n'), [
    'NAME     STATUS         STEP  WEIGHT  READY              OUTCOME  AGE',
    'podinfo  ◌ Progressing  1/2   10      Unknown (Unknown)  -        1m00s',
    '',
  ]);
});

test('-A lists all, -o wide says why and what comes next', async (t) => {
  const cluster = await several(t);
  const { out } = await runSerin(['get', 'canaries', '-A', '-o', 'wide', '--kubeconfig', cluster.kubeconfig]);
  assert.deepEqual(out.split('\n'), [
    'NAMESPACE  NAME     STATUS         STEP  WEIGHT  READY               OUTCOME       AGE    PROVIDER    SOURCE  CAUSE             NEXT',
    'other      beside   ✖ Failed       -     0       False (RolledBack)  ✖ RolledBack  1m00s  gatewayapi  -       ThresholdReached  waits for a new revision',
    'shop       podinfo  ◌ Progressing  1/2   10      Unknown (Unknown)   -             1m00s  gatewayapi  -       -                 14:30:05 → 50 % if the checks hold, rollback if they do not',
    '',
  ]);
});

test('-l chooses by label, and nothing is said to be nothing', async (t) => {
  const cluster = await several(t);
  const argv = ['get', 'canaries', '--kubeconfig', cluster.kubeconfig];
  const chosen = await runSerin([...argv, '-A', '-l', 'team=a', '-o', 'name']);
  assert.equal(chosen.out, 'canary.serin.dev/beside\n');
  assert.equal((await runSerin([...argv, '-l', 'team=a'])).out, 'There is no Canary here; -A shows all namespaces\n');
  assert.equal((await runSerin([...argv, '-A', '-l', 'team=b'])).out, 'There is no Canary\n');
});

test('a run that waits for a person is told by its status', async (t) => {
  const cluster = await several(t);
  const status = async (): Promise<string | undefined> => {
    const { out } = await runSerin(['get', 'canaries', '--kubeconfig', cluster.kubeconfig]);
    return /podinfo {2}(\S+ \S+)/.exec(out)?.[1];
  };
  const { run, ...rest } = progressing();
  assert.ok(run);
  const since = new Date(NOW).toISOString();
  cluster.setStatus({ ...rest, run: { ...run, paused: { since, by: 'alice' } } });
  assert.equal(await status(), '॥ Paused');
  const gate = { name: 'g', type: 'confirm-rollout', step: 0, since, state: 'Waiting' } as const;
  cluster.setStatus({ ...rest, run: { ...run, gates: [gate] } });
  assert.equal(await status(), '॥ Held');
});

test('-o json and yaml give the same list of views', async (t) => {
  const cluster = await several(t);
  const argv = ['get', 'canaries', '-A', '--kubeconfig', cluster.kubeconfig, '-o'];
  const json: unknown = JSON.parse((await runSerin([...argv, 'json'])).out);
  assert.deepEqual(load((await runSerin([...argv, 'yaml'])).out), json);
  assert.equal(at(json, 'kind'), 'CanaryListView');
  assert.deepEqual(
    listAt(json, 'items').map((item) => [stringAt(item, 'kind'), stringAt(item, 'name')]),
    [
      ['CanaryView', 'beside'],
      ['CanaryView', 'podinfo'],
    ],
  );
});

test('-w without a terminal gives one line per change, until it is interrupted', async (t) => {
  const cluster = await several(t);
  const interrupt = new AbortController();
  let lines = 0;
  const onOut = (): void => {
    lines++;
    if (lines === 1) cluster.setStatus(promoted());
    else interrupt.abort('SIGINT');
  };
  const argv = ['get', 'canaries', '-w', '--kubeconfig', cluster.kubeconfig];
  const { code, out, err } = await runSerin(argv, { signal: interrupt.signal, onOut });
  assert.deepEqual([code, err], [130, '']);
  assert.deepEqual(out.split('\n'), [
    '14:30:00  shop/podinfo  ◌ Progressing  step 1/2  10%  14:30:05 → 50 % if the checks hold, rollback if they do not',
    '14:30:00  shop/podinfo  ✔ Succeeded  Promoted: Promoted after 20 s (commit a1b2c3d)',
    '',
  ]);
});

for (const width of [60, 80, 120]) {
  test(`no line is wider than a window of ${width} columns, in ASCII too`, async (t) => {
    const cluster = await several(t);
    for (const flags of [['--color=always'], ['--ascii', '--no-color']]) {
      const argv = ['get', 'canaries', '-A', '-o', 'wide', '--kubeconfig', cluster.kubeconfig, ...flags];
      const { out } = await runSerin(argv, { terminal: { columns: width, rows: 24 } });
      for (const line of out.split('\n')) assert.ok(widthOf(line) <= width, line);
      if (flags.includes('--ascii')) assert.match(out, /^[\x20-\x7e\n]*$/);
    }
  });
}
