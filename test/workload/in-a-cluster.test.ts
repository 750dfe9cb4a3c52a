import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Side } from '#src/api/names.ts';
import { createKubeClient } from '#src/kube/create-client.ts';
import { at, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { refOf } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { kindOf } from '#src/workload/kinds/kind-of.ts';
import { sideSelector } from '#src/workload/manifests.ts';
import { imagesOf, templateOf } from '#src/workload/pod-template.ts';
import { apexRestorePatch } from '#src/workload/restore.ts';
import { findRevision, targetView } from '#src/workload/revision.ts';
import { pinnedObjects, readRecord } from '#src/workload/revision-record.ts';
import { apexManifest, serviceView, sideServiceManifest } from '#src/workload/services.ts';
import { deployment, service, user, workloadWorld } from '#test/sandbox/workloads/workload-world.ts';
import { aCanary, aConfig, around, canaryManifest, lookupIn, primaryManifest } from './a-target.ts';

const canary = aCanary({ target: 'app', service: { targetPort: 8080 } });

/** Target `app` with a config and a Service, in a cluster that acts on what is written. */
const aCluster = () => {
  const world = workloadWorld();
  const { backend, clock, get, list } = world;
  const client = createKubeClient({
    transport: inProcessTransport(backend, { user: 'serin' }),
    clock,
    random: seededRandom(1),
  });
  const configs = [aConfig('ConfigMap', 'settings', { data: { COLOR: 'blue' } })];
  for (const config of configs) backend.write(config, user);
  backend.write(deployment({ container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }), user);
  backend.write(service('app'), user);

  const find = (kind: string, name: string): KubeObject | undefined =>
    list(kind).find(({ metadata }) => metadata.name === name);
  const slicesOf = (name: string): readonly KubeObject[] =>
    list('EndpointSlice').filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
  const beside = () => around([...list('ReplicaSet'), ...list('Pod')]);
  const target = () => ({
    target: get('Deployment', 'app'),
    around: beside(),
    configs: lookupIn(configs),
    named: [],
    beside: [],
  });
  /** Pins the target's revision as it stands; returns its record, read back from the cluster. */
  const pin = async () => {
    const found = findRevision(target());
    assert.ok(!('waiting' in found), 'waiting' in found ? found.waiting : '');
    const pinned = pinnedObjects(found, { canary, target: get('Deployment', 'app'), contents: configs });
    assert.ok(pinned);
    for (const copy of pinned.copies) await client.apply(copy);
    const record = readRecord(await client.create(pinned.record));
    assert.ok(record);
    return record;
  };
  const sideView = (name: string) =>
    kindOf({ kind: 'Deployment' }).view(get('Deployment', name), {
      around: beside(),
      beside: [],
      slices: slicesOf(name),
    }) ?? assert.fail();
  const apex = () => {
    const spec = recordAt(get('Deployment', 'app'), 'spec');
    const selector = sideSelector('primary', { spec, existing: find('Deployment', 'app-primary') });
    return apexManifest({ canary, selector, existing: get('Service', 'app') });
  };
  const ofSide = (side: Side) => list('Pod').filter(({ metadata }) => metadata.labels?.['serin.dev/role'] === side);
  const apexView = () =>
    serviceView({
      service: get('Service', 'app'),
      wanted: apex(),
      slices: slicesOf('app'),
      side: 'primary',
      pods: { primary: ofSide('primary'), canary: ofSide('canary') },
      canaryUid: canary.uid,
    });
  const sideService = async (side: 'primary' | 'canary') => {
    const selector = sideSelector(side, { spec: recordAt(get('Deployment', 'app'), 'spec') });
    return client.apply(sideServiceManifest(side, { canary, selector, apex: get('Service', 'app') }));
  };
  return { ...world, client, target, pin, sideView, apex, apexView, sideService };
};

test('a target is taken over, released once and given back in a cluster that acts on what is written', async (context) => {
  const { client, clock, get, stop, target, pin, sideView, apex, apexView, sideService, change, pods } = aCluster();
  context.after(stop);
  await clock.advance(10_000);
  const before = get('Service', 'app');
  const scaled = (replicas: number): KubeObject => {
    const target = get('Deployment', 'app');
    const write = kindOf(target).scaled(target, replicas);
    return write?.type === 'apply' ? write.object : assert.fail();
  };
  assert.equal(targetView(target()).readyReplicas, 2);

  const stable = await pin();
  await client.apply(primaryManifest(stable, { canary, replicas: 2 }));
  await sideService('primary');
  assert.equal(sideView('app-primary').ready, false);
  await clock.until(() => sideView('app-primary').ready && sideView('app-primary').endpoints === 2, 60_000);
  assert.equal(sideView('app-primary').revision, stable.revision);

  assert.equal(apexView().selects, 'other');
  await client.apply(apex());
  await clock.until(() => apexView().endpointsMatch, 60_000);
  assert.deepEqual(apexView(), { selects: 'primary', made: false, current: true, endpointsMatch: true });
  await client.apply(scaled(0));
  await clock.until(() => pods({ app: 'app' }).length === 2, 60_000);
  assert.equal(targetView(target()).revision?.id, stable.revision, 'scaling makes no revision');

  change(get('Deployment', 'app'), { template: templateWith('shop/app:2') });
  assert.match(targetView(target()).waiting ?? '', /has not acted on generation/);
  await clock.until(() => targetView(target()).revision !== undefined, 60_000);
  const next = await pin();
  assert.notEqual(next.revision, stable.revision);
  await sideService('canary');
  await client.apply(canaryManifest(next, { canary, replicas: 1 }));
  await clock.until(() => sideView('app-canary').ready && sideView('app-canary').endpoints === 1, 60_000);
  assert.equal(sideView('app-primary').endpoints, 2, 'the canary’s pods are none of the primary’s');
  assert.equal(apexView().endpointsMatch, true);

  const { digests } = sideView('app-canary');
  assert.deepEqual(Object.keys(digests ?? {}), ['app']);
  await client.apply(
    primaryManifest(next, { canary, replicas: 2, digests, existing: get('Deployment', 'app-primary') }),
  );
  await clock.until(() => sideView('app-primary').ready, 60_000);
  assert.deepEqual(imagesOf(templateOf(get('Deployment', 'app-primary'))), { app: `shop/app:2@${digests?.['app']}` });

  await client.apply(scaled(2));
  await clock.until(() => targetView(target()).readyReplicas === 2, 60_000);
  const patch = apexRestorePatch(get('Service', 'app'), {
    target: get('Deployment', 'app'),
    primary: get('Deployment', 'app-primary'),
  });
  assert.ok(patch);
  await client.mergePatch(refOf(get('Service', 'app')), patch);
  const after = get('Service', 'app');
  assert.deepEqual(after['spec'], before['spec']);
  assert.deepEqual([after.metadata.labels ?? {}, after.metadata.annotations ?? {}], [{}, {}]);
  assert.deepEqual(get('Deployment', 'app').metadata.labels ?? {}, {});
});

test('a canary whose image cannot be pulled says so', async (context) => {
  const { client, clock, stop, pin, sideView, change, get } = aCluster();
  context.after(stop);
  await clock.advance(10_000);
  change(get('Deployment', 'app'), { replicas: 0, template: templateWith('shop/app:denied') });
  await clock.advance(5_000);
  await client.apply(canaryManifest(await pin(), { canary, replicas: 1 }));
  await clock.advance(5_000);
  const { waiting, ready, digests } = sideView('app-canary');
  assert.deepEqual([ready, digests], [false, undefined]);
  assert.match(waiting ?? '', /^0 of 1 pods ready: pod app-canary-\S+: container app: \w*Image\w*: .*unauthorized/);
});

/** The target's template with another image. */
const templateWith = (image: string): unknown =>
  at(deployment({ image, container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }), 'spec', 'template');
