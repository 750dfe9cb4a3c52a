import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseCanaryStatus } from '#src/api/canary-status.ts';
import { at, listAt, numberAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject, ObjectRef } from '#src/lib/kube-object.ts';
import { apply, kubectl } from './rig/kubectl.ts';
import { type ACluster, openCluster } from './world/a-cluster.ts';
import { applyGround, type FlaggerApp, flaggerApp, flaggerManifest } from './world/flagger-app.ts';
import { type FlaggerPod, installFlagger } from './world/flagger-pod.ts';
import { publish } from './world/images.ts';
import { imageOf, placeOf } from './world/place.ts';
import { report } from './world/report.ts';
import { installSerinPods, type SerinPods } from './world/serin-pods.ts';
import { until } from './world/until.ts';
import { failuresBeside, startUsers, type Users } from './world/users.ts';

const PLACE = placeOf({ namespace: 'shop', plane: 'HTTPRoute', replicas: 2 });
const { namespace, app } = PLACE;
const LABEL = 'serin.dev/watch-flagger';
const LIMIT = 180_000;
/** Their answers are errors by design. */
const BAD = '6.9.0';

let cluster: ACluster;
let flagger: FlaggerPod;
let serin: SerinPods;
let users: Users;
let team: FlaggerApp;

const read = (of: Omit<ObjectRef, 'namespace'>): Promise<KubeObject | undefined> =>
  cluster.client.get({ ...of, namespace });
const shadow = (): Promise<KubeObject | undefined> =>
  read({ apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', name: app });
const deployment = (name: string): Promise<KubeObject | undefined> =>
  read({ apiVersion: 'apps/v1', kind: 'Deployment', name });
const route = (): Promise<KubeObject | undefined> =>
  read({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name: app });

const phaseIs = (phase: string): Promise<boolean> =>
  until(`phase ${phase}`, async () => (await team.phase()) === phase, LIMIT);
const eventOf = (reason: string): Promise<string> =>
  until(`event ${reason}`, async () => {
    const json = await kubectl(cluster.rig, ['-n', namespace, 'get', 'events.v1.events.k8s.io', '-o', 'json']);
    const items = listAt(JSON.parse(json), 'items');
    const found = items.find(
      (event) =>
        stringAt(event, 'reason') === reason && stringAt(event, 'regarding', 'apiVersion')?.startsWith('flagger.app/'),
    );
    return stringAt(found, 'note');
  });

/** What users have lost since `mark`, beside what bad versions answer. */
const lost = (mark: ReturnType<Users['quick']['snapshot']>): number => {
  const counted = users.quick.since(mark);
  return failuresBeside(counted, [BAD]);
};
const rows: string[][] = [];
const counted = (what: string, mark: ReturnType<Users['quick']['snapshot']>): void => {
  rows.push([what, String(users.quick.since(mark).requests), String(lost(mark))]);
  assert.equal(lost(mark), 0, `${what}: ${users.failures().slice(-5).join('\n')}`);
};

before(async () => {
  cluster = await openCluster();
  const { rig } = cluster;
  publish(
    rig,
    Object.fromEntries(['6.0.0', '6.1.0', '6.2.0', '6.3.0'].map((version) => [imageOf(PLACE, version), {}])),
  );
  publish(rig, { [imageOf(PLACE, BAD)]: { errorRate: 0.5 } });
  await applyGround(cluster, PLACE);
  team = flaggerApp(cluster, PLACE);
  flagger = await installFlagger(cluster, namespace);
  await team.deploy('6.0.0');
  await apply(rig, [flaggerManifest(PLACE)]);
  await phaseIs('Initialized');
  users = startUsers(PLACE, { quick: 50, slow: 2 });
  await until('answers', () => users.quick.snapshot().versions['6.0.0'] !== undefined);
  serin = await installSerinPods(cluster, {
    folder: 'deploy/kustomize',
    namespace: 'serin-system',
    components: ['deploy/watch-flagger'],
  });
});

after(async () => {
  await users.stop();
  report('Flagger 1.44 hands over to Serin and back', { columns: ['what', 'requests', 'failed'], rows });
  await serin.remove();
  await cluster.close();
});

test('a Flagger that watches the namespace keeps Serin away, and is named', async () => {
  const before = await deployment(`${app}-primary`);
  await kubectl(cluster.rig, ['label', 'namespace', namespace, `${LABEL}=true`]);
  const told = await until('condition Stalled', () => team.told('Stalled'));
  assert.match(told, /Deployment flagger-system\/flagger: it is a Flagger that runs the Canaries of this namespace/);
  assert.match(await eventOf('Held'), /flagger-system\/flagger/);
  assert.equal(await shadow(), undefined);
  assert.deepEqual(await deployment(`${app}-primary`), before);
});

test('Serin takes over from it: no pod is restarted, no request is lost', async () => {
  const pods = await team.primaryPods();
  assert.equal(pods.length, 2);
  const mark = users.quick.snapshot();
  await flagger.scale(0);
  await until('take-over', async () => parseCanaryStatus((await shadow())?.['status']).phase === 'Initialized', LIMIT);
  await phaseIs('Initialized');
  assert.deepEqual(await team.primaryPods(), pods);
  for (const object of [await deployment(`${app}-primary`), await route()]) {
    assert.equal(object?.metadata.ownerReferences, undefined);
  }
  const { stable, desired } = parseCanaryStatus((await shadow())?.['status']);
  assert.equal(stable?.revision, desired?.revision, 'what Flagger had promoted is what the target asks for');
  assert.equal(await team.told('Stalled'), undefined);
  counted('Serin takes over', mark);
});

test('a good release goes through the unchanged manifest, and kubectl can wait for it', async () => {
  const mark = users.quick.snapshot();
  await team.deploy('6.1.0');
  await until('a run', async () => (await team.phase()) === 'Progressing', LIMIT);
  const waiting = ['-n', namespace, 'wait', '--for=condition=promoted', `canary/${app}`, '--timeout=180s'];
  assert.match(await kubectl(cluster.rig, waiting), /canary.flagger.app\/podinfo condition met/);
  assert.equal(await team.phase(), 'Succeeded');
  assert.match(JSON.stringify(at(await deployment(`${app}-primary`), 'spec', 'template')), /podinfo:6\.1\.0/);
  counted('good release', mark);
});

test('a bad release is taken back', async () => {
  const mark = users.quick.snapshot();
  await team.deploy(BAD);
  await phaseIs('Failed');
  assert.match(JSON.stringify(at(await deployment(`${app}-primary`), 'spec', 'template')), /podinfo:6\.1\.0/);
  counted('bad release', mark);
  await team.deploy('6.2.0');
  await phaseIs('Succeeded');
  counted('the fix after it', mark);
});

test('Flagger has it back: no pod is restarted, no request is lost, and it runs the next release', async () => {
  const pods = await team.primaryPods();
  const mark = users.quick.snapshot();
  await kubectl(cluster.rig, ['label', 'namespace', namespace, `${LABEL}-`]);
  assert.match(await eventOf('Released'), /Flagger can run it/);
  await until('end of the shadow', async () => (await shadow()) === undefined);
  await flagger.scale(1);
  await phaseIs('Initialized');
  assert.deepEqual(await team.primaryPods(), pods);
  counted('Flagger takes over', mark);
  await team.deploy('6.3.0');
  await phaseIs('Progressing');
  await phaseIs('Succeeded');
  assert.match(JSON.stringify(at(await deployment(`${app}-primary`), 'spec', 'template')), /podinfo:6\.3\.0/);
  counted('a release of Flagger’s', mark);
});

test('Serin takes over once more, and deletion in the foreground gives everything back to the target', async () => {
  const pods = await team.primaryPods();
  const mark = users.quick.snapshot();
  await kubectl(cluster.rig, ['label', 'namespace', namespace, `${LABEL}=true`]);
  await flagger.scale(0);
  await until('take-over', async () => parseCanaryStatus((await shadow())?.['status']).phase === 'Initialized', LIMIT);
  assert.deepEqual(await team.primaryPods(), pods);
  assert.deepEqual(parseCanaryStatus((await shadow())?.['status']).history, []);
  counted('Serin takes over once more', mark);
  const start = performance.now();
  const all = ['-n', namespace, 'delete', `canary/${app}`, '--cascade=foreground', '--timeout=90s'];
  await kubectl(cluster.rig, all);
  rows.push(['deletion in the foreground', `${((performance.now() - start) / 1000).toFixed(1)} s`, '']);
  assert.equal(await shadow(), undefined);
  assert.equal(await deployment(`${app}-primary`), undefined);
  assert.equal(numberAt(await deployment(app), 'status', 'readyReplicas'), 2);
});
