import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { parseCanaryStatus } from '#src/api/canary-status.ts';
import { signingKey } from '#src/cli/demo/platform.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { systemClock } from '#src/lib/clock.ts';
import { stringAt } from '#src/lib/json.ts';
import { seededRandom } from '#src/lib/random.ts';
import { BareRepository } from '#src/sandbox/git/bare-repository.ts';
import { overHttp, startLoad } from '#src/sandbox/load/start-load.ts';
import { spreadOf } from '#test/bench/measure.ts';
import { apiServer } from './components/api-server.ts';
import { gitLogin, gitServer, gitUrl, repositoriesOf } from './components/git-server.ts';
import { prometheus } from './components/prometheus.ts';
import { type Component, startComponent } from './rig/component.ts';
import { apply } from './rig/kubectl.ts';
import { stopProcess } from './rig/processes.ts';
import { PORTS } from './rig/rig.ts';
import { APPS, type App, canaryYaml, deploymentFile, deploymentYaml, NAMESPACE } from './soak/apps.ts';
import { finishedOf, toldInGit, wrongOutcomes } from './soak/outcomes.ts';
import { type ProcessSize, sizeOf } from './soak/process-size.ts';
import { Seen } from './soak/seen.ts';
import { openCluster } from './world/a-cluster.ts';
import { applyFolder, installSerin, SERIN_ACCOUNT } from './world/deploy.ts';
import { fleetImage } from './world/fleet.ts';
import { fluxObjects, secret } from './world/flux-objects.ts';
import { follow } from './world/follow.ts';
import { publish } from './world/images.ts';
import { placeOf } from './world/place.ts';
import { report } from './world/report.ts';
import { aSerin, type Serin } from './world/serin.ts';
import { until } from './world/until.ts';

const SECONDS = 600;
const PUSH_EVERY_MS = 2000;
/** Of the pushes, one in this many is a bad version: half of its answers are errors. */
const BAD_EVERY = 4;
const REQUESTS_PER_SECOND = 200;
const DEVELOPER = { name: 'Dana', email: 'dana@example.com' };
/** After warming up, a process may grow by this much and no more. */
const MOST_GROWTH_MIB = 96;
const MOST_SOCKETS = 80;

const TEAM = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  namespace: NAMESPACE,
  name: 'team',
};

const seed = Number(process.env['SERIN_SEED'] ?? Date.now() % 1_000_000);

test(`ten minutes with ${APPS.length} Canaries, pushes and restarts at random (SERIN_SEED=${seed})`, async () => {
  const random = seededRandom(seed);
  const { rig, client, close } = await openCluster();
  const say = (text: string): void => void process.stderr.write(`${new Date().toISOString()} ${text}\n`);
  await installSerin(rig);
  await applyFolder(rig, 'deploy/admission');

  const pushes = Math.ceil((SECONDS * 1000) / PUSH_EVERY_MS);
  const isBad = (push: number): boolean => push > 0 && push % BAD_EVERY === 0;
  const versionOf = (push: number): string => `1.${push}.0`;
  publish(
    rig,
    Object.fromEntries(
      Array.from({ length: pushes + 1 }, (_, push) => [
        fleetImage(versionOf(push)),
        isBad(push) ? { errorRate: 0.5 } : {},
      ]),
    ),
  );

  const settings = {
    clock: systemClock,
    searchPath: process.env['PATH'] ?? '/usr/bin:/bin',
    home: join(rig.folder, 'home'),
    allowInsecure: true,
  };
  const repository = await BareRepository.create(settings, { parent: repositoriesOf(rig), name: NAMESPACE });
  /** As a person does whose push came second: once more, on what stands now. */
  const commit = async (message: string, files: Readonly<Record<string, string>>, tries = 10): Promise<string> => {
    try {
      return await repository.commitFiles({ files, message, author: DEVELOPER });
    } catch (error) {
      if (tries === 1) throw error;
      return commit(message, files, tries - 1);
    }
  };
  await apply(rig, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }]);
  await apply(rig, [
    ...fluxObjects(rig, placeOf({ namespace: NAMESPACE, plane: 'HTTPRoute' })),
    secret(NAMESPACE, 'config-git', gitLogin(rig)),
    secret(NAMESPACE, 'serin-signing', { identity: signingKey() }),
    {
      apiVersion: 'serin.dev/v1alpha1',
      kind: 'Repository',
      metadata: { name: 'config', namespace: NAMESPACE },
      spec: {
        url: gitUrl(NAMESPACE),
        branch: 'main',
        secretRef: { name: 'config-git' },
        signingKeyRef: { name: 'serin-signing' },
        author: { name: 'Serin', email: 'serin@example.com' },
        // Half of the pushes of some minutes are bad on purpose.
        maxRevertsPerHour: 1000,
      },
    },
  ]);

  const controllers: readonly Serin[] = [
    await aSerin(rig, { name: 'serin-a', port: 8201, account: SERIN_ACCOUNT }),
    await aSerin(rig, { name: 'serin-b', port: 8202, account: SERIN_ACCOUNT }),
  ];
  let [leader, other] = [controllers[0] ?? assert.fail(), controllers[1] ?? assert.fail()];
  await leader.start();
  await commit('Add the applications', {
    ...Object.fromEntries(APPS.map((app) => [deploymentFile(app), deploymentYaml(app, versionOf(0))])),
    ...Object.fromEntries(APPS.map((app) => [`apps/${app.name}/canary.yaml`, canaryYaml(app)])),
  });
  const canaries = async () => (await client.list(RESOURCES.canary, { namespace: NAMESPACE })).items;
  const statuses = async () => (await canaries()).map(({ status }) => parseCanaryStatus(status));
  await until(
    'take-over of all',
    async () => {
      const all = await statuses();
      return all.length === APPS.length && all.every(({ phase }) => phase === 'Initialized');
    },
    180_000,
  );
  say('all are taken over');

  const seen = new Seen();
  const stop = new AbortController();
  void follow(client, {
    resource: RESOURCES.canary,
    namespace: NAMESPACE,
    signal: stop.signal,
    tell: ({ object }) => seen.note(object),
  });
  const web = overHttp(PORTS.web);
  const hostOf = (n: number): string => APPS[n % APPS.length]?.host ?? '';
  const load = startLoad({
    clock: systemClock,
    requestsPerSecond: REQUESTS_PER_SECOND,
    send: web.send,
    request: (n) => ({ method: 'GET', host: hostOf(n), path: '/', headers: {} }),
  });
  // The routes of Serin's making are new to the gateway.
  await setTimeout(5000);
  const mark = load.snapshot();

  const restart = async (component: Component): Promise<void> => {
    say(`restart of ${component.name}`);
    await stopProcess(rig, { name: component.name });
    await setTimeout(2000);
    await startComponent(rig, component);
  };
  const killAndRestart = async (): Promise<void> => {
    say(`SIGKILL of ${leader.name}, which is started again`);
    await leader.end('SIGKILL');
    await leader.start();
  };
  const killForStandby = async (): Promise<void> => {
    await other.start();
    say(`SIGKILL of ${leader.name}; ${other.name} stands by`);
    await leader.end('SIGKILL');
    [leader, other] = [other, leader];
  };
  const troubles: readonly (readonly [second: number, make: () => Promise<void>])[] = [
    [60, killAndRestart],
    [110, () => restart(apiServer)],
    [170, killForStandby],
    [230, () => restart(prometheus)],
    [280, killAndRestart],
    [330, () => restart(gitServer)],
    [390, killForStandby],
    [450, () => restart(apiServer)],
    [500, killAndRestart],
  ];

  const begun = performance.now();
  const second = (): number => (performance.now() - begun) / 1000;
  const sizes: { readonly at: number; readonly pid: number | undefined; readonly size: ProcessSize }[] = [];
  const measuring = setInterval(() => {
    const size = sizeOf(leader.pid());
    if (size !== undefined) sizes.push({ at: second(), pid: leader.pid(), size });
  }, 5000);
  const making = (async () => {
    for (const [at, make] of troubles) {
      await setTimeout(Math.max(0, (at - second()) * 1000));
      await make();
    }
  })();
  const pushing = (async () => {
    for (let push = 1; push <= pushes && second() < SECONDS - 40; push++) {
      const app: App = APPS[Math.floor(random() * APPS.length)] ?? assert.fail();
      await commit(`Bump ${app.name} to ${versionOf(push)}`, {
        [deploymentFile(app)]: deploymentYaml(app, versionOf(push)),
      });
      if (push % 30 === 0) say(`${push} pushes`);
      await setTimeout(PUSH_EVERY_MS);
    }
  })();
  await Promise.all([making, pushing]);
  say('no more pushes');

  /** Flux has applied what Git asks for, and nothing has to become of it any more. */
  const isCalm = async (): Promise<boolean> => {
    const head = await repository.head();
    const applied = stringAt(await client.get(TEAM), 'status', 'lastAppliedRevision');
    const all = await statuses();
    return (
      head !== undefined &&
      applied?.endsWith(head) === true &&
      all.length === APPS.length &&
      all.every(({ run, outbox }) => run === undefined && outbox.every(({ state }) => state !== 'Pending'))
    );
  };
  const untilCalm = (): Promise<unknown> =>
    until('end of every run, and every effect in Git', () => isCalm().catch(() => false), 300_000);
  await untilCalm();
  // What was applied at last is seen by now, and has begun.
  await setTimeout(10_000);
  await untilCalm();
  clearInterval(measuring);
  stop.abort();
  const counted = load.since(mark);
  await load.stop();
  web.close();

  const { items: runs } = await client.list(RESOURCES.canaryRun, { namespace: NAMESPACE });
  const finished = finishedOf(runs);
  const excused = new Set(
    (await canaries()).flatMap(({ metadata, status }) =>
      parseCanaryStatus(status).history.flatMap(({ id, unwritten }) =>
        unwritten === undefined ? [] : [`${metadata.name} ${id}`],
      ),
    ),
  );
  const told = toldInGit(await repository.log('%B'));
  const counts = new Map<string, number>();
  for (const { outcome } of finished) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const bad = Object.entries(counted.versions).filter(([version]) => isBad(Number(version.split('.')[1])));
  const failedBad = bad.reduce((sum, [, { failures }]) => sum + failures, 0);
  // Of the last process that led: from half a minute after its start.
  const last = sizes.at(-1);
  const own = sizes.filter(
    ({ pid, at }) => pid === last?.pid && at > (sizes.find((one) => one.pid === last?.pid)?.at ?? 0) + 30,
  );
  const rss = own.map(({ size }) => size.rssMiB);
  const sockets = own.map(({ size }) => size.sockets);
  const rows = [
    [
      'commits by the team',
      String(Number((await repository.git(['rev-list', '--count', '--author=Dana', 'main'])).trim())),
    ],
    ['runs', `${finished.length}: ${[...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ')}`],
    ['outcomes in Git', `${[...told.values()].length}, of ${excused.size} the Canary says why not`],
    [
      'requests',
      `${counted.requests}, ${counted.failures} failed, ${failedBad} of them of bad versions, ${counted.unversionedFailures} without an answer of a version`,
    ],
    [
      'memory of the last leader',
      `${Math.min(...rss)} to ${Math.max(...rss)} MiB, most of all ${Math.max(...sizes.map(({ size }) => size.rssMiB))} MiB`,
    ],
    ['sockets of the last leader', `${Math.min(...sockets)} to ${Math.max(...sockets)}`],
  ];
  report(`Ten minutes with ${APPS.length} Canaries`, { columns: ['what', 'counted'], rows });
  for (const row of rows) say(row.join(': '));
  await leader.end('SIGTERM');
  await close();

  const wrong = wrongOutcomes({ seen: seen.runs, revisions: seen.revisions, finished, told, excused });
  assert.deepEqual(wrong, []);
  assert.ok(finished.length > APPS.length, `${finished.length} runs only`);
  assert.equal(counted.failures - failedBad, 0, 'requests of good versions failed');
  const half = Math.floor(rss.length / 2);
  const growth = spreadOf(rss.slice(half)).median - spreadOf(rss.slice(0, half)).median;
  assert.ok(growth <= MOST_GROWTH_MIB, `memory grew: ${rss.join(', ')} MiB`);
  assert.ok(Math.max(...sockets) <= MOST_SOCKETS, `sockets: ${sockets.join(', ')}`);
});
