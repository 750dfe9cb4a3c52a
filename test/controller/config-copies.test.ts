import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, listAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { configRefs } from '#src/workload/config-refs.ts';
import { templateOf } from '#src/workload/pod-template.ts';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { aCanary, aConfigMap, aDeployment, aSecret } from '#test/harness/manifests.ts';
import { deployment, ended, type Owner, push, serving } from '#test/harness/release.ts';

// Copies of configs live exactly as long as a revision needs them, whatever people and other Canaries do to them.

type PodSpec = Readonly<Record<string, unknown>>;

/** podinfo with more fields in its pod's spec. */
const podinfo = (pod: PodSpec, { image = 'podinfo:6.0.0' } = {}): KubeObject => {
  const target = aDeployment(image, { replicas: 0 });
  const { spec } = JSON.parse(JSON.stringify(target));
  Object.assign(spec.template.spec, pod);
  return { ...target, spec };
};
const withEnv = (env: PodSpec): PodSpec => {
  const containers = listAt(podinfo({}), 'spec', 'template', 'spec', 'containers');
  return { containers: containers.map((container) => ({ ...Object(container), ...env })) };
};
const FROM_SETTINGS = withEnv({ envFrom: [{ configMapRef: { name: 'settings' } }] });

/** podinfo serves with these configs, taken over. */
const takenOverWith = async (
  owner: Owner,
  { pod, configs }: { readonly pod: PodSpec; readonly configs: readonly KubeObject[] },
): Promise<World> => {
  const world = await serving(owner, { rps: 20 });
  for (const config of configs) world.apply(config);
  const target = podinfo(pod);
  world.apply({ ...target, spec: { ...Object(target['spec']), replicas: 2 } });
  await world.clock.advance(5_000);
  world.startController();
  world.apply(aCanary());
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return world;
};

const copies = ({ cluster }: World, kind: 'ConfigMap' | 'Secret' = 'ConfigMap'): readonly KubeObject[] =>
  cluster.api
    .list({ apiVersion: 'v1', kind }, { namespace: 'shop' })
    .filter(({ metadata }) => metadata.labels?.['serin.dev/canary-uid'] !== undefined);
const names = (objects: readonly KubeObject[]): readonly string[] =>
  objects.map(({ metadata }) => metadata.name).sort();
const referred = (world: World, workload: string): readonly string[] => {
  const found = deployment(world, workload);
  assert.ok(found);
  return configRefs(templateOf(found)).map(({ kind, name }) => `${kind} ${name}`);
};
const conditionOf = (world: World, type: string) => world.canary().conditions.find((one) => one.type === type);

test('every reference leads to a copy with all that the config holds; what is no config stays as it is', async (t) => {
  const binary: KubeObject = {
    ...aConfigMap('binary', { text: 'a' }),
    binaryData: { blob: Buffer.from([0, 255, 1]).toString('base64') },
    immutable: true,
  };
  const typed = (name: string, type: string, data: Readonly<Record<string, string>>): KubeObject => ({
    ...aSecret(name, data),
    type,
  });
  const configs = [
    binary,
    aConfigMap('key', { color: 'blue' }),
    aConfigMap('init', { a: 'b' }),
    aConfigMap('mounted', { a: 'b' }),
    aConfigMap('projected', { a: 'b' }),
    aSecret('secret-mounted', { a: 'b' }),
    aSecret('secret-projected', { a: 'b' }),
    typed('ssh', 'kubernetes.io/ssh-auth', { 'ssh-privatekey': 'x' }),
    typed('cert', 'kubernetes.io/tls', { 'tls.crt': 'x', 'tls.key': 'y' }),
    typed('pull', 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': '{}' }),
    typed('csi', 'Opaque', { a: 'b' }),
  ];
  const pod = {
    ...withEnv({
      envFrom: [{ configMapRef: { name: 'binary' } }, { secretRef: { name: 'ssh' } }],
      env: [{ name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'key', key: 'color' } } }],
    }),
    initContainers: [{ name: 'init', image: 'podinfo:6.0.0', envFrom: [{ configMapRef: { name: 'init' } }] }],
    imagePullSecrets: [{ name: 'pull' }],
    volumes: [
      { name: 'a', configMap: { name: 'mounted' } },
      { name: 'b', secret: { secretName: 'secret-mounted' } },
      { name: 'c', secret: { secretName: 'cert' } },
      { name: 'd', secret: { secretName: 'pull' } },
      {
        name: 'e',
        projected: {
          sources: [
            { configMap: { name: 'projected' } },
            { secret: { name: 'secret-projected' } },
            { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
            { downwardAPI: { items: [] } },
          ],
        },
      },
      { name: 'f', csi: { driver: 'secrets-store.csi.k8s.io', nodePublishSecretRef: { name: 'csi' } } },
    ],
  };
  const world = await takenOverWith(t, { pod, configs });
  const refs = referred(world, 'podinfo-primary').map((ref) => ref.replace(/-[0-9a-f]{10}$/, '-#'));
  assert.deepEqual(refs, [
    'ConfigMap binary-#',
    'ConfigMap init-#',
    'ConfigMap key-#',
    'ConfigMap mounted-#',
    'ConfigMap projected-#',
    'Secret cert',
    'Secret pull',
    'Secret secret-mounted-#',
    'Secret secret-projected-#',
    'Secret ssh-#',
  ]);
  const spec = at(deployment(world, 'podinfo-primary'), 'spec', 'template', 'spec');
  assert.deepEqual(at(spec, 'imagePullSecrets'), pod.imagePullSecrets);
  assert.deepEqual(at(spec, 'volumes', 5), pod.volumes[5]);
  assert.deepEqual(listAt(spec, 'volumes', 4, 'projected', 'sources').slice(2), [
    { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
    { downwardAPI: { items: [] } },
  ]);
  const copy = copies(world).find(({ metadata }) => metadata.name.startsWith('binary-'));
  assert.deepEqual(
    [copy?.['data'], copy?.['binaryData'], copy?.['immutable']],
    [binary['data'], binary['binaryData'], true],
  );
  const ssh = copies(world, 'Secret').find(({ metadata }) => metadata.name.startsWith('ssh-'));
  assert.equal(ssh?.['type'], 'kubernetes.io/ssh-auth');

  const { runs } = world.canary();
  world.apply({ ...binary, metadata: { ...binary.metadata, name: 'unrelated' } });
  world.apply(typed('pull', 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': '{"auths":{}}' }));
  world.apply(typed('cert', 'kubernetes.io/tls', { 'tls.crt': 'renewed', 'tls.key': 'y' }));
  world.apply(typed('csi', 'Opaque', { a: 'c' }));
  await world.clock.advance(10_000);
  assert.equal(world.canary().runs, runs, 'what is no config of the revision starts no run');
});

for (const [value, says] of [
  [{ 'serin.dev/config-tracking': 'adopt' }, 'adopt'],
  [{ 'serin.dev/config-tracking': 'off' }, 'off'],
  [{ 'flagger.app/config-tracking': 'disabled' }, 'disabled'],
] as const) {
  test(`a change of a config that is tracked as ${says} is no release, and pods refer to the config itself`, async (t) => {
    const tracked = (color: string): KubeObject => {
      const config = aConfigMap('settings', { color });
      return { ...config, metadata: { ...config.metadata, annotations: value } };
    };
    const world = await takenOverWith(t, { pod: FROM_SETTINGS, configs: [tracked('blue')] });
    assert.deepEqual(copies(world), []);
    assert.deepEqual(referred(world, 'podinfo-primary'), ['ConfigMap settings']);
    world.apply(tracked('green'));
    await world.clock.advance(10_000);
    assert.equal(world.canary().runs, undefined);
    push(world, 'podinfo:6.0.0');
  });
}

test('a word that the annotation does not know holds the Canary until it is put right', async (t) => {
  const world = await takenOverWith(t, { pod: FROM_SETTINGS, configs: [aConfigMap('settings', { color: 'blue' })] });
  const config = aConfigMap('settings', { color: 'green' });
  const annotated = (word: string): KubeObject => ({
    ...config,
    metadata: { ...config.metadata, annotations: { 'serin.dev/config-tracking': word } },
  });
  world.apply(annotated('disabled'));
  await world.clock.advance(5_000);
  assert.equal(
    conditionOf(world, 'Stalled')?.message,
    'ConfigMap shop/settings metadata.annotations[serin.dev/config-tracking]: Found "disabled", want run, adopt or off',
  );
  assert.equal(world.canary().run, undefined);
  world.apply(annotated('run'));
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
});

test('an optional config that appears in the middle of a run is another revision, and reaches nobody unjudged', async (t) => {
  const optional = (image?: string): KubeObject =>
    podinfo(
      {
        ...withEnv({
          image: image ?? 'podinfo:6.0.0',
          envFrom: [{ configMapRef: { name: 'extras', optional: true } }],
        }),
        volumes: [{ name: 'extras', configMap: { name: 'extras', optional: true } }],
      },
      image === undefined ? {} : { image },
    );
  const pod = Object(at(optional(), 'spec', 'template', 'spec'));
  const world = await takenOverWith(t, { pod, configs: [] });
  const mark = world.load.snapshot();
  world.apply(optional('podinfo:6.1.0'));
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  world.apply(aConfigMap('extras', { SANDBOX_VERSION: 'extra', SANDBOX_ERROR_RATE: '0.5' }));
  // A pod of the primary that is replaced meanwhile, as when its node goes.
  const pods = world.cluster.api.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'shop' });
  for (const { metadata } of pods.filter((found) => found.metadata.name.startsWith('podinfo-primary'))) {
    world.remove({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: metadata.name });
    await world.clock.advance(3_000);
  }
  assert.ok(!referred(world, 'podinfo-primary').includes('ConfigMap extras'));
  await world.clock.until(ended(world, 2), 90_000);
  assert.deepEqual(
    world.canary().history.map(({ outcome }) => outcome),
    ['RolledBack', 'Superseded'],
  );
  const { requests, versions } = world.load.since(mark);
  assert.ok((versions['extra']?.requests ?? 0) < requests / 4, `${versions['extra']?.requests} of ${requests}`);

  world.remove({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'extras' });
  await world.clock.until(ended(world, 3), 90_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted', 'without it 6.1.0 is well');
});

test('a config that goes in the middle of a run leaves what runs as it is', async (t) => {
  const configs = [aConfigMap('settings', { color: 'blue' })];
  const world = await takenOverWith(t, { pod: FROM_SETTINGS, configs });
  world.apply(podinfo({ ...FROM_SETTINGS, terminationGracePeriodSeconds: 20 }));
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  world.remove({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' });
  await world.clock.until(ended(world, 1), 90_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  assert.match(conditionOf(world, 'Stalled')?.message ?? '', /ConfigMap settings does not exist/);
});

test('a copy that somebody deletes is made again while its content is known', async (t) => {
  const world = await takenOverWith(t, { pod: FROM_SETTINGS, configs: [aConfigMap('settings', { color: 'blue' })] });
  const [copy] = copies(world);
  assert.ok(copy);
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: copy.metadata.name };
  world.remove(ref);
  await world.clock.advance(2_000);
  assert.deepEqual([at(world.read(ref), 'data'), at(world.read(ref), 'immutable')], [{ color: 'blue' }, true]);

  // Somebody puts another in its place.
  world.remove(ref);
  world.apply(aConfigMap(ref.name, { color: 'red' }));
  await world.clock.advance(2_000);
  assert.deepEqual([at(world.read(ref), 'data'), at(world.read(ref), 'immutable')], [{ color: 'blue' }, true]);
  assert.throws(() => world.apply({ ...aConfigMap(ref.name, { color: 'red' }), immutable: true }), /immutable/);
});

test('a copy that is gone with its content is missed by name, until the content is back', async (t) => {
  const world = await takenOverWith(t, { pod: FROM_SETTINGS, configs: [aConfigMap('settings', { color: 'blue' })] });
  const [copy] = copies(world);
  world.apply(aConfigMap('settings', { color: 'green' }));
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  world.remove({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: copy?.metadata.name ?? '' });
  await world.clock.advance(1_000);
  assert.equal(
    conditionOf(world, 'Stalled')?.message,
    `ConfigMap shop/${copy?.metadata.name} is gone, which revision ${world.canary().stable?.revision} runs with, and it cannot be made again: put the content of that revision back, or let another be promoted`,
  );
  world.apply(aConfigMap('settings', { color: 'blue' }));
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Withdrawn');
  await world.clock.advance(2_000);
  assert.deepEqual(names(copies(world)), [copy?.metadata.name]);
  assert.equal(conditionOf(world, 'Stalled')?.status, 'False');
});

test('copies of a run that was pushed over are collected, and all of them with the Canary', async (t) => {
  const world = await takenOverWith(t, { pod: FROM_SETTINGS, configs: [aConfigMap('settings', { color: 'blue' })] });
  const inUse = (): readonly unknown[] =>
    copies(world)
      .map((copy) => stringAt(copy, 'data', 'color'))
      .sort();
  for (const color of ['green', 'red', 'white']) {
    world.apply(aConfigMap('settings', { color }));
    await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  }
  await world.clock.until(() => world.canary().phase === 'Succeeded', 60_000);
  await world.clock.advance(10_000);
  assert.deepEqual(inUse(), ['blue', 'white']);
  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, 60_000);
  assert.deepEqual(inUse(), []);
});

test('a hundred configs, one of them as large as Kubernetes takes, are copied, and one change copies one', async (t) => {
  const large = aConfigMap('config-0', { a: 'x'.repeat(1024 * 1024 - 1) });
  const others = Array.from({ length: 99 }, (_, index) => aConfigMap(`config-${index + 1}`, { a: `${index}` }));
  const envFrom = [large, ...others].map(({ metadata: { name } }) => ({ configMapRef: { name } }));
  const world = await takenOverWith(t, { pod: withEnv({ envFrom }), configs: [large, ...others] });
  assert.equal(copies(world).length, 100);
  assert.ok(JSON.stringify(world.canary()).length < 10_000);
  world.cluster.api.audit.reset();
  world.apply(aConfigMap('config-7', { a: 'changed' }));
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  const { audit } = world.cluster.api;
  assert.equal(
    audit
      .table()
      .filter(({ user, verb, resource }) => user === 'serin' && verb === 'patch' && resource === 'configmaps').length,
    1,
  );
  assert.equal(copies(world).length, 101);
});
