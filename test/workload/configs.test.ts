import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '#src/lib/json.ts';
import { configCopy, withConfigCopies } from '#src/workload/config-copy.ts';
import { configRefs, mapConfigRefs } from '#src/workload/config-refs.ts';
import { configState, trackedConfigs, trackingOf } from '#src/workload/config-tracking.ts';
import { configCopyName } from '#src/workload/names.ts';
import { aCanary, aConfig, aTemplate, lookupIn, theConfigs } from './a-target.ts';

test('every config that a template refers to is found once', () => {
  assert.deepEqual(configRefs(aTemplate()), [
    { kind: 'ConfigMap', name: 'files', optional: false },
    { kind: 'ConfigMap', name: 'settings', optional: false },
    { kind: 'Secret', name: 'cert', optional: false },
    { kind: 'Secret', name: 'db', optional: false },
    { kind: 'Secret', name: 'token', optional: true },
  ]);
  assert.deepEqual(configRefs({}), []);
});

test('a config that is needed once is needed', () => {
  const env = (optional: boolean) => [{ valueFrom: { secretKeyRef: { name: 's', optional } } }];
  const template = { spec: { containers: [{ env: env(true) }, { env: env(false) }, { env: env(true) }] } };
  assert.deepEqual(configRefs(template), [{ kind: 'Secret', name: 's', optional: false }]);
});

test('renaming touches the references and nothing else', () => {
  const renamed = mapConfigRefs(aTemplate(), ({ kind, name }) => `${kind[0]}-${name}`);
  assert.deepEqual(
    configRefs(renamed).map(({ name }) => name),
    ['C-files', 'C-settings', 'S-cert', 'S-db', 'S-token'],
  );
  const back = mapConfigRefs(renamed, ({ name }) => name.slice(2));
  assert.deepEqual(back, aTemplate());
});

test('tracking follows the annotation, then the keeper, then the type', () => {
  const secret = (type: string, annotations?: Record<string, string>) =>
    trackingOf(aConfig('Secret', 's', { type, ...(annotations && { annotations }) }));
  assert.equal(trackingOf(aConfig('ConfigMap', 'c')), 'run');
  assert.equal(secret('Opaque'), 'run');
  assert.equal(secret('kubernetes.io/basic-auth'), 'run');
  assert.equal(secret('kubernetes.io/tls'), 'adopt');
  assert.equal(secret('kubernetes.io/tls', { 'serin.dev/config-tracking': 'run' }), 'run');
  assert.equal(secret('kubernetes.io/service-account-token'), 'off');
  assert.equal(secret('Opaque', { 'flagger.app/config-tracking': 'disabled' }), 'off');
  assert.equal(secret('Opaque', { 'cert-manager.io/certificate-name': 'c' }), 'adopt');
  assert.equal(secret('Opaque', { 'reconcile.external-secrets.io/data-hash': 'h' }), 'adopt');
  assert.equal(secret('Opaque', { 'sealedsecrets.bitnami.com/managed': 'true' }), 'adopt');
  assert.equal(secret('Opaque', { 'not-cert-manager.io/x': 'y', 'serin.dev/config-tracking': 'sometimes' }), 'run');
  const owned = aConfig('Secret', 's');
  const ownerReferences = [{ apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', name: 's', uid: 'u' }];
  assert.equal(trackingOf({ ...owned, metadata: { ...owned.metadata, ownerReferences } }), 'adopt');
});

test('the hash is of the content: not of metadata, not of the order of keys', () => {
  const config = aConfig('ConfigMap', 'c', { data: { a: '1', b: '2' } });
  const { hash } = configState(config);
  const touched = { ...config, metadata: { ...config.metadata, resourceVersion: '9' }, data: { b: '2', a: '1' } };
  assert.equal(configState(touched).hash, hash);
  assert.notEqual(configState({ ...config, binaryData: { c: 'AA==' } }).hash, hash);
  assert.notEqual(configState(aConfig('ConfigMap', 'c', { data: { a: '1' } })).hash, hash);
});

test('only what makes runs is tracked, and what is missing or unread is waited for', () => {
  const tracked = trackedConfigs(aTemplate(), lookupIn(theConfigs()));
  assert.ok('configs' in tracked);
  assert.deepEqual(
    tracked.configs.map(({ name }) => name),
    ['files', 'settings', 'db'],
  );
  assert.deepEqual(tracked.absent, [{ kind: 'Secret', name: 'token', optional: true }]);
  assert.deepEqual(trackedConfigs(aTemplate(), lookupIn(theConfigs().slice(1))), {
    waiting: 'ConfigMap files does not exist, and the template needs it',
    isStuck: true,
  });
  assert.deepEqual(
    trackedConfigs(aTemplate(), () => 'unread'),
    {
      waiting: 'ConfigMap files has not been read yet',
    },
  );
  assert.deepEqual(
    trackedConfigs(aTemplate(), () => ({ unreadable: 'RBAC does not grant "get" on configmaps' })),
    { waiting: 'ConfigMap files cannot be read: RBAC does not grant "get" on configmaps', isStuck: true },
  );
});

test('each target has copies of its own, also of the same content', () => {
  const config = configState(aConfig('ConfigMap', 'shared'));
  assert.notEqual(configCopyName(config, 'podinfo'), configCopyName(config, 'other'));
});

test('a copy is immutable, complete, named after its content and marked as the Canary’s', () => {
  const config = { ...aConfig('Secret', 'db', { type: 'Opaque' }), binaryData: { b: 'AA==' } };
  const name = configCopyName(configState(config), 'podinfo');
  assert.match(name, /^db-[0-9a-f]{10}$/);
  assert.deepEqual(configCopy(config, { name, canary: aCanary() }), {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace: 'shop',
      labels: { 'serin.dev/canary-uid': 'uid-of-podinfo' },
      annotations: {
        'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
        'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
      },
    },
    immutable: true,
    type: 'Opaque',
    data: { key: 'value' },
    binaryData: { b: 'AA==' },
  });
  const token = { kind: 'Secret', name: 'token', optional: true } as const;
  const template = withConfigCopies(aTemplate(), { configs: [configState(config)], absent: [token] }, 'podinfo');
  assert.equal(at(template, 'spec', 'initContainers', 0, 'envFrom', 0, 'secretRef', 'name'), name);
  assert.equal(at(template, 'spec', 'volumes', 1, 'secret', 'secretName'), 'cert');
  const absent = configRefs(template).find(({ optional }) => optional)?.name ?? '';
  assert.match(absent, /^token-[0-9a-f]{10}$/, 'what is made under that name later is not seen');
});
