import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isRecord, numberAt, stringAt } from '#src/lib/json.ts';
import { kubeconfig } from '#src/sandbox/api/kubeconfig.ts';
import { aCluster, progressing, promoted } from './a-cluster.ts';
import { runSerin } from './run-serin.ts';

const GET = ['get', 'canary', 'podinfo', '--kubeconfig'];

test('shows one frame', async (t) => {
  const cluster = await aCluster(t);
  const ran = await runSerin([...GET, cluster.kubeconfig]);
  assert.deepEqual([ran.code, ran.err], [0, '']);
  assert.deepEqual(ran.out.split('\n'), [
    'podinfo  shop     ◌ Progressing    step 1/2    20s',
    'image    podinfo:6.0.0 primary → podinfo:6.1.0 canary',
    'traffic  [##..................]  set 10%',
    'steps    ◌ 10  ◷ 50',
    'checks   ✔ request-success-rate   99.9 %   limit ≥ 99',
    'waiting  podinfo-canary: 1 of 2 pods ready: pod podinfo-canary-abc-x1: containe…',
    'next     14:30:05 → 50 % if the checks hold, rollback if they do not',
    '',
    'NAME                            KIND        STATUS         AGE     INFO',
    '⟳ podinfo                       Canary      ◌ Progressing  1m00s',
    '├──# v2-1                       Run         ◌ step 1/2     20s',
    '│  ├──⧉ podinfo-canary          Deployment  ◌ Waiting      1m00s   canary 1/2',
    '│  │  ├──□ podinfo-c…ry-abc-x1  Pod         ⚠ NotReady             container ap…',
    '│  │  └──+1 ready               Pods',
    '│  └──⇄ podinfo                 HTTPRoute   10%            15s',
    '└──# stable                     -                                  podinfo:6.0.0',
    '   └──⧉ podinfo-primary         Deployment  ✔ Healthy      1m00s   primary 2/2',
    '',
  ]);
});

test('-o json gives the view: numbers as numbers, times in RFC 3339, what is unknown absent', async (t) => {
  const cluster = await aCluster(t);
  const { code, out } = await runSerin([...GET, cluster.kubeconfig, '-o', 'json']);
  assert.equal(code, 0);
  assert.equal(out.indexOf('\n'), out.length - 1);
  const view: unknown = JSON.parse(out);
  assert.ok(isRecord(view));
  assert.deepEqual(
    [view['kind'], view['version'], view['name'], view['phase']],
    ['CanaryView', 1, 'podinfo', 'Progressing'],
  );
  assert.deepEqual(view['steps'], [10, 50]);
  assert.equal(numberAt(view, 'run', 'weight', 'set'), 10);
  assert.equal(stringAt(view, 'run', 'startedAt'), '2026-01-01T14:29:40.000Z');
  assert.equal(stringAt(view, 'workloads', 1, 'pods', 0, 'reason'), 'container app: ImagePullBackOff: no such image');
  assert.equal('last' in view, false);
});

test('the namespace is the flag’s, else that of the kubeconfig’s context', async (t) => {
  const cluster = await aCluster(t);
  const { code, out, err } = await runSerin([...GET, cluster.kubeconfig, '-n', 'default']);
  assert.deepEqual([code, out], [1, '']);
  assert.equal(err, 'Canary default/podinfo does not exist\nList them with: serin get canaries -A\n');
});

test('without a terminal -w gives one line per change, and ends with the outcome', async (t) => {
  const cluster = await aCluster(t);
  const ran = await runSerin([...GET, cluster.kubeconfig, '-w'], {
    onOut: onFirst(() => cluster.setStatus(promoted())),
  });
  assert.deepEqual([ran.code, ran.err], [0, '']);
  assert.deepEqual(ran.out.split('\n'), [
    '14:30:00  ◌ Progressing  step 1/2  10%  14:30:05 → 50 % if the checks hold, rollback if they do not',
    '14:30:00  ✔ Succeeded  Promoted: Promoted after 20 s (commit a1b2c3d)',
    '',
  ]);
});

test('-w -o json gives one object per line, the last one with the outcome', async (t) => {
  const cluster = await aCluster(t);
  const args = [...GET, cluster.kubeconfig, '-w', '-o', 'json'];
  const { code, out } = await runSerin(args, { onOut: onFirst(() => cluster.setStatus(promoted())) });
  assert.equal(code, 0);
  const views: readonly unknown[] = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    views.map((view) => stringAt(view, 'last', 'outcome')),
    [undefined, 'Promoted'],
  );
});

test('-w on a settled Canary shows it and ends', async (t) => {
  const cluster = await aCluster(t);
  cluster.setStatus(promoted());
  const { code, out } = await runSerin([...GET, cluster.kubeconfig, '-w']);
  assert.deepEqual([code, out.split('\n').length], [0, 2]);
});

test('-w waits for the commit of a run that has just ended', async (t) => {
  const cluster = await aCluster(t);
  const [entry] = promoted().history;
  assert.ok(entry);
  const { commit: _, ...uncommitted } = entry;
  const pending = { type: 'GitSynced', status: 'False', reason: 'Pending', message: 'on its way' } as const;
  const condition = { ...pending, lastTransitionTime: entry.endedAt, observedGeneration: 1 };
  cluster.setStatus({ ...promoted(), history: [uncommitted], conditions: [condition] });
  const ran = await runSerin([...GET, cluster.kubeconfig, '-w'], {
    onOut: onFirst(() => cluster.setStatus(promoted())),
  });
  assert.equal(ran.code, 0);
  assert.match(ran.out, /Promoted after 20 s\n.*\(commit a1b2c3d\)\n$/);
});

test('on a terminal -w draws frames, and leaves the last one behind', async (t) => {
  const cluster = await aCluster(t);
  const terminal = { columns: 100, rows: 40 };
  const environment = { TERM: 'xterm-256color' };
  const onOut = onFirst(() => cluster.setStatus(promoted()));
  const { code, out } = await runSerin([...GET, cluster.kubeconfig, '-w'], { terminal, environment, onOut });
  assert.equal(code, 0);
  assert.ok(out.startsWith('\u001b[?1049h\u001b[?25l'));
  const [, last = ''] = out.split('\u001b[?25h\u001b[?1049l');
  assert.ok(last.includes('\u001b[32m✔\u001b[0m Promoted: Promoted after 20 s (commit a1b2c3d)\n'));
});

test('the key q quits with 0, an interrupt with 130; both give the screen back', async (t) => {
  const cluster = await aCluster(t);
  const terminal = { columns: 80, rows: 24 };
  const interrupt = new AbortController();
  const keys = new Set<(key: string) => void>();
  const onKey = (listener: (key: string) => void) => {
    keys.add(listener);
    return () => void keys.delete(listener);
  };
  const press = onFirst(() => {
    for (const listener of keys) listener('q');
  });
  const quit = await runSerin([...GET, cluster.kubeconfig, '-w'], { terminal, onKey, onOut: press });
  const onOut = onFirst(() => interrupt.abort('SIGINT'));
  const interrupted = await runSerin([...GET, cluster.kubeconfig, '-w'], { terminal, signal: interrupt.signal, onOut });
  assert.deepEqual([quit.code, interrupted.code], [0, 130]);
  assert.deepEqual([quit.err, interrupted.err], ['', '']);
  for (const { out } of [quit, interrupted]) assert.ok(out.includes('\u001b[?25h\u001b[?1049l'));
  assert.equal(keys.size, 0);
});

test('a Canary that is deleted meanwhile ends -w with an error', async (t) => {
  const cluster = await aCluster(t);
  const ran = await runSerin([...GET, cluster.kubeconfig, '-w'], { onOut: onFirst(() => cluster.remove()) });
  assert.deepEqual([ran.code, ran.err], [1, 'Canary shop/podinfo was deleted\n']);
});

test('colours are the terminal’s, unless somebody says otherwise', async (t) => {
  const cluster = await aCluster(t);
  const terminal = { columns: 80, rows: 24 };
  const colored = async (flags: readonly string[], options: Parameters<typeof runSerin>[1]): Promise<boolean> =>
    (await runSerin([...GET, cluster.kubeconfig, ...flags], options)).out.includes('\u001b[');
  assert.equal(await colored([], { terminal }), true);
  assert.equal(await colored([], {}), false);
  assert.equal(await colored([], { terminal, environment: { NO_COLOR: '1' } }), false);
  assert.equal(await colored([], { terminal, environment: { TERM: 'dumb' } }), false);
  assert.equal(await colored(['--no-color'], { terminal }), false);
  assert.equal(await colored(['--color', 'never'], { terminal }), false);
  assert.equal(await colored(['--color=always'], { environment: { NO_COLOR: '1' } }), true);
});

test('--ascii is pure ASCII', async (t) => {
  const cluster = await aCluster(t);
  const { out } = await runSerin([...GET, cluster.kubeconfig, '--ascii']);
  assert.match(out, /^[\x20-\x7e\n]*$/);
});

test('a user who may not read is told what is missing, with 77', async (t) => {
  const { code, out, err } = await runSerin(['get', 'canary', 'podinfo', '--kubeconfig', await refusing(t, 403)]);
  assert.deepEqual([code, out], [77, '']);
  assert.match(err, /^Cannot list .*: RBAC does not grant "list" on .*: not for you\n/);
  assert.match(err, /\nThe ClusterRole serin-view has what this command reads; bind it to your user\.\n$/);
});

test('credentials that nobody knows end with 77', async (t) => {
  const { code, err } = await runSerin(['get', 'canary', 'podinfo', '--kubeconfig', await refusing(t, 401)]);
  assert.equal(code, 77);
  assert.match(err, /kubectl auth whoami\n$/);
});

test('an API server that is away ends with 69; -o json says so in JSON', async (t) => {
  const cluster = await aCluster(t);
  const path = join(cluster.folder, 'away');
  await writeFile(path, kubeconfig('http://127.0.0.1:1', 'token'));
  const { code, out, err } = await runSerin(['get', 'canary', 'podinfo', '--kubeconfig', path, '-o', 'json']);
  assert.deepEqual([code, out], [69, '']);
  const { error } = JSON.parse(err);
  assert.deepEqual([error.code, error.hint], [69, 'See whether the cluster answers with: kubectl version']);
  assert.match(error.message, /ECONNREFUSED/);
});

test('a kubeconfig that does not exist, or lacks the context, is named', async (t) => {
  const cluster = await aCluster(t);
  const missing = await runSerin([...GET, '/nowhere/config']);
  assert.equal(missing.code, 69);
  assert.match(missing.err, /^Cannot load the kubeconfig \/nowhere\/config: ENOENT.*\nName a kubeconfig with .*\n$/);
  const lost = await runSerin([...GET, cluster.kubeconfig, '--context', 'other']);
  assert.equal(lost.code, 69);
  assert.match(lost.err, /^Cannot use context "other" of the kubeconfig/);
});

test('an interrupt is heard while the API server does not answer', async (t) => {
  const interrupt = new AbortController();
  const path = await serving(t, () => interrupt.abort('SIGINT'));
  const ran = await runSerin(['get', 'canary', 'podinfo', '--kubeconfig', path], { signal: interrupt.signal });
  assert.deepEqual(ran, { code: 130, out: '', err: '' });
});

test('a cluster without the CRDs says how to get them', async (t) => {
  const { code, err } = await runSerin(['get', 'canary', 'podinfo', '--kubeconfig', await refusing(t, 404)]);
  assert.equal(code, 1);
  assert.match(err, /^The cluster does not know Canaries of serin\.dev\nInstall them with: kubectl apply -k /);
});

test('a change that is not about the Canary writes nothing', async (t) => {
  const cluster = await aCluster(t);
  const onOut = onFirst(() => {
    cluster.setStatus({ ...progressing(), runs: 7 });
    cluster.setStatus(promoted());
  });
  const { out } = await runSerin([...GET, cluster.kubeconfig, '-w'], { onOut });
  assert.equal(out.split('\n').length, 3);
});

/** Calls `act` once, after the first text. */
const onFirst = (act: () => void): (() => void) => {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
};

/** Kubeconfig of an API server that answers as told. */
const serving = async (t: TestContext, answer: RequestListener): Promise<string> => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { folder } = await aCluster(t);
  const { port } = server.address() as AddressInfo;
  const path = join(folder, 'other');
  await writeFile(path, kubeconfig(`http://127.0.0.1:${port}`, 'token'));
  return path;
};

const refusing = (t: TestContext, status: number): Promise<string> =>
  serving(t, (_, response) => {
    const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'not for you', code: status };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
