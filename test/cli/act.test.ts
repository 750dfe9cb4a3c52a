import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { load } from 'js-yaml';
import type { GateStatus, RunStatus } from '#src/api/canary-status.ts';
import { at, isRecord, stringAt } from '#src/lib/json.ts';
import { refOf } from '#src/lib/kube-object.ts';
import { kubeconfig } from '#src/sandbox/api/kubeconfig.ts';
import { progressing, promoted } from './a-cluster.ts';
import { answeringCluster, specOfOnly } from './answering.ts';
import { NOW, runSerin } from './run-serin.ts';

const keys =
  (pressed: string) =>
  (listener: (key: string) => void): (() => void) => {
    setImmediate(() => listener(pressed));
    return () => {};
  };

const withRun = (parts: Partial<RunStatus>) => {
  const { run, ...status } = progressing();
  return { ...status, run: { ...(run ?? assert.fail()), ...parts } };
};
const gate = (name: string, state: GateStatus['state'] = 'Waiting'): GateStatus => ({
  name,
  type: 'confirm-traffic-increase',
  step: 1,
  since: new Date(NOW - 60_000).toISOString(),
  state,
});

test('abort writes an action that is bound to what was seen, and says what became of it', async (t) => {
  const cluster = await answeringCluster(t);
  const ran = await runSerin([
    'abort',
    'podinfo',
    '--reason',
    'wrong settings',
    '-y',
    '--kubeconfig',
    cluster.kubeconfig,
  ]);
  assert.deepEqual(ran, { code: 0, out: 'Run v2-1 is aborted by alice; podinfo-primary gets all traffic\n', err: '' });
  const [action] = cluster.actions();
  assert.match(action?.metadata.name ?? '', /^podinfo-abort-[0-9a-z]{10}$/);
  assert.deepEqual(action?.metadata.labels, { 'serin.dev/canary': 'podinfo' });
  assert.deepEqual(specOfOnly(cluster.actions()), {
    canaryRef: { name: 'podinfo' },
    verb: 'abort',
    run: 'v2-1',
    revision: 'v2',
    reason: 'wrong settings',
    requestedBy: 'alice',
  });
});

test('what cannot be taken back is asked for, with the traffic that it concerns', async (t) => {
  const cluster = await answeringCluster(t);
  const terminal = { columns: 80, rows: 24 };
  const argv = ['abort', 'podinfo', '--kubeconfig', cluster.kubeconfig];
  const question = 'Abort run v2-1? 10 % of the traffic goes back from 6.1.0 to 6.0.0.';
  assert.deepEqual(await runSerin(argv, { terminal, onKey: keys('n') }), {
    code: 1,
    out: '',
    err: `${question} [y/N] n\nNothing was done\n`,
  });
  assert.deepEqual(cluster.verbs(), []);
  const asked = await runSerin(argv, { terminal, onKey: keys('y') });
  assert.deepEqual([asked.code, asked.err], [0, `${question} [y/N] y\n`]);
  assert.deepEqual(cluster.verbs(), ['abort']);
});

test('where nobody can be asked, nothing is done without --yes', async (t) => {
  const cluster = await answeringCluster(t);
  const ran = await runSerin(['promote', 'podinfo', '--full', '--kubeconfig', cluster.kubeconfig]);
  assert.deepEqual(ran, {
    code: 64,
    out: '',
    err: 'Promote 6.1.0 without further analysis? It has 10 % of the traffic and gets all of it.\nNobody can be asked here: add --yes\n',
  });
  assert.deepEqual(cluster.verbs(), []);
});

test('an interrupt at the question does nothing, with 130', async (t) => {
  const cluster = await answeringCluster(t);
  const interrupt = new AbortController();
  const onKey = (): (() => void) => {
    setImmediate(() => interrupt.abort('SIGINT'));
    return () => {};
  };
  const argv = ['abort', 'podinfo', '--kubeconfig', cluster.kubeconfig];
  const ran = await runSerin(argv, { terminal: { columns: 80, rows: 24 }, onKey, signal: interrupt.signal });
  assert.equal(ran.code, 130);
  assert.deepEqual(cluster.verbs(), []);
});

test('promote asks only when a step is left before it was judged', async (t) => {
  const cluster = await answeringCluster(t);
  const argv = ['promote', 'podinfo', '--kubeconfig', cluster.kubeconfig];
  const asked = await runSerin(argv);
  assert.deepEqual([asked.code, asked.err.split('\n')[0]], [64, 'Go on from 10 % before 6.1.0 has been judged there?']);
  cluster.setStatus(withRun({ windowEnd: new Date(NOW).toISOString() }));
  assert.equal((await runSerin(argv)).code, 0);
  assert.deepEqual(cluster.verbs(), ['promote']);
});

test('what the controller refuses is told with 1', async (t) => {
  const message = 'Cannot pause podinfo: run v2-1 is over: Superseded';
  const cluster = await answeringCluster(t, { state: 'Refused', message });
  const ran = await runSerin(['pause', 'podinfo', '--kubeconfig', cluster.kubeconfig]);
  assert.deepEqual(ran, { code: 1, out: '', err: `${message}\n` });
});

test('what would be refused is told before anything is written', async (t) => {
  const cluster = await answeringCluster(t);
  const tried = async (...argv: readonly string[]): Promise<string> => {
    const ran = await runSerin([...argv, '-y', '--kubeconfig', cluster.kubeconfig]);
    assert.deepEqual([ran.code, ran.out], [1, ''], argv.join(' '));
    return ran.err;
  };
  assert.equal(
    await tried('abort', 'podinfo', '--run', '7'),
    'Cannot abort podinfo: run 7 is meant, but v2-1 is going on; to see it: serin get canary podinfo\n',
  );
  assert.equal(
    await tried('abort', 'podinfo', '--revision', 'v3'),
    'Cannot abort podinfo: revision v3 is meant, but run v2-1 judges v2; to see it: serin get canary podinfo\n',
  );
  assert.equal(await tried('resume', 'podinfo'), 'Cannot resume podinfo: run v2-1 is not paused\n');
  assert.equal(await tried('approve', 'podinfo'), 'Cannot approve podinfo: it waits at no gate\n');
  assert.equal(await tried('unquarantine', 'podinfo'), 'Cannot unquarantine podinfo: nothing is quarantined\n');
  cluster.setStatus(withRun({ gates: [gate('load-test')] }));
  assert.equal(
    await tried('promote', 'podinfo'),
    'Cannot promote podinfo: gate "load-test" of run v2-1 is not open: it waits for an answer; to open it: serin approve podinfo load-test\n',
  );
  cluster.setStatus(promoted());
  assert.equal(
    await tried('abort', 'podinfo'),
    'Cannot abort podinfo: no run is going on, podinfo-primary serves 6.1.0\n',
  );
  assert.equal(await tried('abort', 'podinfo', '--run', '1'), 'Cannot abort podinfo: run v2-1 is over: Promoted\n');
  assert.deepEqual(cluster.verbs(), []);
});

test('a run is named by its number too', async (t) => {
  const cluster = await answeringCluster(t);
  await runSerin(['pause', 'podinfo', '--run', '1', '--kubeconfig', cluster.kubeconfig]);
  assert.equal(at(specOfOnly(cluster.actions()), 'run'), 'v2-1');
});

test('nobody answers: it ends with 2, and says how to take it back', async (t) => {
  const cluster = await answeringCluster(t, 'nobody');
  const argv = ['pause', 'podinfo', '--timeout', '200ms', '--kubeconfig', cluster.kubeconfig];
  const { code, out, err } = await runSerin(argv);
  const [name] = cluster.actions().map(({ metadata }) => metadata.name);
  assert.deepEqual([code, out], [2, '']);
  assert.equal(
    err,
    `The controller has not answered CanaryAction shop/${name} within 200ms\nIt stands, and is done when the controller sees it; to take it back: kubectl delete canaryaction ${name} -n shop\n`,
  );
});

test('--no-wait says what was written', async (t) => {
  const cluster = await answeringCluster(t, 'nobody');
  const { code, out } = await runSerin(['pause', 'podinfo', '--no-wait', '--kubeconfig', cluster.kubeconfig]);
  assert.equal(code, 0);
  assert.match(out, /^CanaryAction shop\/podinfo-pause-\S+ is written; its status will say what became of it\n$/);
});

test('an action that is deleted meanwhile is told', async (t) => {
  const cluster = await answeringCluster(t, 'nobody');
  cluster.api.subscribe(({ type, object }) => {
    if (type === 'ADDED' && object.kind === 'CanaryAction') setImmediate(() => cluster.api.remove(refOf(object)));
  });
  const { code, err } = await runSerin(['pause', 'podinfo', '--kubeconfig', cluster.kubeconfig]);
  assert.equal(code, 1);
  assert.match(err, /^CanaryAction shop\/podinfo-pause-\S+ was deleted before it was answered\n$/);
});

test('a gate is found where one waits, and asked for where several do', async (t) => {
  const cluster = await answeringCluster(t);
  cluster.setStatus(withRun({ gates: [gate('smoke', 'Open'), gate('load-test')] }));
  await runSerin(['approve', 'podinfo', '--kubeconfig', cluster.kubeconfig]);
  assert.equal(at(specOfOnly(cluster.actions()), 'gate'), 'load-test');
  cluster.setStatus(withRun({ gates: [gate('smoke'), gate('load-test')] }));
  const several = await runSerin(['approve', 'podinfo', '--kubeconfig', cluster.kubeconfig]);
  assert.deepEqual(several, {
    code: 64,
    out: '',
    err: 'Cannot approve podinfo: it waits at 2 gates\nName one: serin approve podinfo smoke, or serin approve podinfo load-test\n',
  });
  const rejected = await runSerin(['reject', 'podinfo', 'smoke', '--kubeconfig', cluster.kubeconfig]);
  assert.deepEqual(
    [rejected.code, rejected.err.split('\n')[0]],
    [64, 'Reject gate "smoke" of run v2-1, which ends it? 10 % of the traffic goes back from 6.1.0 to 6.0.0.'],
  );
});

test('retry and unquarantine are bound to a revision', async (t) => {
  const cluster = await answeringCluster(t);
  const quarantined = (revision: string) => ({
    revision,
    hash: `hash-${revision}`,
    images: { app: `podinfo:${revision}` },
    run: `${revision}-1`,
    since: new Date(NOW).toISOString(),
  });
  const [entry] = promoted().history;
  assert.ok(entry);
  const rejected = { ...entry, id: 'v3-2', revision: 'v3', outcome: 'RolledBack' } as const;
  const desired = { revision: 'v3', hash: 'h', since: new Date(NOW).toISOString(), run: 'v3-2' };
  cluster.setStatus({
    ...promoted(),
    desired,
    history: [rejected],
    quarantine: [quarantined('v4'), quarantined('v5')],
  });
  assert.equal((await runSerin(['retry', 'podinfo', '--kubeconfig', cluster.kubeconfig])).code, 0);
  const several = await runSerin(['unquarantine', 'podinfo', '--kubeconfig', cluster.kubeconfig]);
  assert.equal(
    several.err,
    'Cannot unquarantine podinfo: 2 revisions are quarantined\nName one with --revision: v4 (v4), v5 (v5)\n',
  );
  await runSerin(['unquarantine', 'podinfo', '--revision', 'v5', '--kubeconfig', cluster.kubeconfig]);
  assert.deepEqual(
    cluster.actions().map((action) => [at(action, 'spec', 'verb'), at(action, 'spec', 'revision')]),
    [
      ['retry', 'v3'],
      ['unquarantine', 'v5'],
    ],
  );
});

test('--dry-run says what it would lead to, asks the server, and writes nothing', async (t) => {
  const cluster = await answeringCluster(t);
  const argv = ['abort', 'podinfo', '--dry-run', '--reason', 'leak', '--kubeconfig', cluster.kubeconfig];
  const { code, out, err } = await runSerin([...argv, '--ascii']);
  assert.deepEqual([code, err], [0, '']);
  assert.deepEqual(out.split('\n'), [
    'Run v2-1 is aborted by alice: leak; podinfo-primary gets all traffic (dry run)',
    '',
    'podinfo  shop     x Failed    step 1/2    20s',
    'image    podinfo:6.0.0 primary -> podinfo:6.1.0 canary',
    'traffic  [##..................]  set 10%',
    'steps    ok 10  . 50',
    'checks   ok request-success-rate   99.9 %   limit >= 99',
    'actions  abort by alice at 14:30:00: leak',
    'outcome  Aborted at 10 % after 20 s: leak (alice)',
    'next     14:30:05 -> 50 % if the checks hold, rollback if they do not',
    '',
  ]);
  assert.deepEqual(cluster.verbs(), []);
  const json: unknown = JSON.parse((await runSerin([...argv, '-o', 'json'])).out);
  assert.deepEqual(
    [stringAt(json, 'state'), stringAt(json, 'after', 'run', 'outcome'), stringAt(json, 'after', 'phase')],
    ['DryRun', 'Aborted', 'Failed'],
  );
});

test('-o json, yaml and name say what was done to scripts', async (t) => {
  const cluster = await answeringCluster(t);
  const other = await answeringCluster(t);
  const argv = ['pause', 'podinfo', '--kubeconfig'];
  const json: unknown = JSON.parse((await runSerin([...argv, cluster.kubeconfig, '-o', 'json'])).out);
  const yaml = load((await runSerin([...argv, other.kubeconfig, '-o', 'yaml'])).out);
  assert.ok(isRecord(json) && isRecord(yaml));
  const { action: first, ...said } = json;
  const { action: second, ...same } = yaml;
  assert.deepEqual(said, same);
  assert.deepEqual(said, {
    kind: 'ActionAnswer',
    version: 1,
    namespace: 'shop',
    canary: 'podinfo',
    verb: 'pause',
    run: 'v2-1',
    revision: 'v2',
    requestedBy: 'alice',
    state: 'Done',
    message: 'Run v2-1 is aborted by alice; podinfo-primary gets all traffic',
  });
  assert.deepEqual(
    [first, second].every((name) => /^podinfo-pause-/.test(String(name))),
    true,
  );
  const third = await answeringCluster(t);
  assert.match(
    (await runSerin([...argv, third.kubeconfig, '-o', 'name'])).out,
    /^canaryaction\.serin\.dev\/podinfo-pause-\S+\n$/,
  );
});

test('wrong usage is told as such', async (t) => {
  const cluster = await answeringCluster(t);
  const late = await runSerin(['pause', 'podinfo', '--timeout', 'soon', '--kubeconfig', cluster.kubeconfig]);
  assert.deepEqual([late.code, late.err], [64, 'Cannot wait for "soon": want a duration such as 30s or 2m\n']);
  const absent = await runSerin(['pause', 'other', '--kubeconfig', cluster.kubeconfig]);
  assert.deepEqual(
    [absent.code, absent.err],
    [1, 'Canary shop/other does not exist\nList them with: serin get canaries -A\n'],
  );
});

test('who may not act is told so, with 77 and the role', async (t) => {
  const cluster = await answeringCluster(t);
  const canary = cluster.api.read({
    apiVersion: 'serin.dev/v1alpha1',
    kind: 'Canary',
    namespace: 'shop',
    name: 'podinfo',
  });
  const server = createServer((request, response) => {
    const answer = (code: number, body: unknown): void =>
      void response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method === 'GET') return answer(200, canary);
    if (request.url?.includes('selfsubjectreviews') === true) {
      return answer(201, { status: { userInfo: { username: 'mallory' } } });
    }
    const message = 'canaryactions.serin.dev is forbidden: User "mallory" cannot create resource "canaryactions"';
    answer(403, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', message, code: 403 });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const path = join(cluster.folder, 'mallory');
  await writeFile(path, kubeconfig(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'token'));
  const { code, err } = await runSerin(['pause', 'podinfo', '-n', 'shop', '--kubeconfig', path]);
  assert.equal(code, 77);
  assert.match(
    err,
    /^Cannot create CanaryAction shop\/podinfo-pause-\S+: RBAC does not grant "create" on "canaryactions" in API group "serin\.dev"/,
  );
  assert.match(err, /\nThe ClusterRole serin-act has what these commands take; bind it to your user\.\n$/);
});
