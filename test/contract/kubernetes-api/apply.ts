import assert from 'node:assert/strict';
import type { KubeResponse } from '#src/kube/transport.ts';
import { at, listAt, stringAt } from '#src/lib/json.ts';
import {
  type Case,
  type Client,
  configMap,
  deployment,
  expectOk,
  expectRefusal,
  httpRoute,
  uidOf,
  versionOf,
} from './harness.ts';

const DEPLOYMENT = 'apps/v1 deployments/web';
const ROUTE = 'gateway.networking.k8s.io/v1 httproutes/web';

/** FieldsV1 of one manager; undefined when it owns nothing. */
const fieldsOf = (object: unknown, manager: string, { operation = 'Apply', subresource = '' } = {}): unknown => {
  const entry = listAt(object, 'metadata', 'managedFields').find(
    (item) =>
      at(item, 'manager') === manager &&
      at(item, 'operation') === operation &&
      (at(item, 'subresource') ?? '') === subresource,
  );
  return entry === undefined ? undefined : at(entry, 'fieldsV1');
};

const managersOf = (object: unknown): readonly string[] =>
  listAt(object, 'metadata', 'managedFields')
    .map((entry) => `${at(entry, 'manager')}/${at(entry, 'operation')}`)
    .sort();

const causesOf = (response: KubeResponse): readonly string[] =>
  listAt(response.body, 'details', 'causes').map(
    (cause) => `${at(cause, 'reason')} ${at(cause, 'message')} ${at(cause, 'field')}`,
  );

const as = (fieldManager: string, force = false): Record<string, string> => ({
  fieldManager,
  ...(force ? { force: 'true' } : {}),
});

const replicas = (count: number) => deployment('web', { replicas: count });

const container = (fields: Readonly<Record<string, unknown>>) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { template: { spec: { containers: [{ name: 'app', ...fields }] } } },
});

const weights = (primary: number, canary: number) => [
  {
    backendRefs: [
      { name: 'web-primary', port: 80, weight: primary },
      { name: 'web-canary', port: 80, weight: canary },
    ],
  },
];

const weightsOf = async (api: Client): Promise<readonly unknown[]> =>
  listAt(expectOk(await api.get(ROUTE)), 'spec', 'rules', 0, 'backendRefs').map((backend) => at(backend, 'weight'));

/** Server-side apply and field ownership. */
export const applyCases: readonly Case[] = [
  {
    name: 'apply creates, then changes, and owns just what it said',
    run: async (api) => {
      const created = await api.apply('v1 configmaps/a', configMap('a', { data: { x: '1' } }), as('git'));
      assert.deepEqual(fieldsOf(expectOk(created, 201), 'git'), { 'f:data': { 'f:x': {} } });
      const labels = { metadata: { labels: { app: 'web' } }, data: { x: '2' } };
      const changed = expectOk(await api.apply('v1 configmaps/a', configMap('a', labels), as('git')));
      assert.deepEqual(changed['data'], { x: '2' });
      assert.deepEqual(fieldsOf(changed, 'git'), {
        'f:data': { 'f:x': {} },
        'f:metadata': { 'f:labels': { 'f:app': {} } },
      });
      const again = expectOk(await api.apply('v1 configmaps/a', configMap('a', labels), as('git')));
      assert.equal(versionOf(again), versionOf(changed), 'the same again writes nothing');
    },
  },
  {
    name: 'apply wants a field manager, and takes identity as precondition',
    run: async (api) => {
      const body = configMap('a', { data: { x: '1' } });
      assert.match(
        expectRefusal(await api.apply('v1 configmaps/a', body, {}), 422, 'Invalid'),
        /fieldManager: Required/,
      );
      const created = expectOk(await api.apply('v1 configmaps/a', body, as('git')), 201);
      const stale = { ...body, metadata: { name: 'a', resourceVersion: '1' } };
      expectRefusal(await api.apply('v1 configmaps/a', stale, as('git')), 409, 'Conflict');
      const foreign = {
        ...body,
        metadata: { name: 'a', uid: uidOf(created).replace(/^./, (digit) => (digit === 'a' ? 'b' : 'a')) },
      };
      const other = expectRefusal(await api.apply('v1 configmaps/a', foreign, as('git')), 422, 'Invalid');
      assert.match(other, /metadata\.uid: Invalid value: "[-0-9a-f]+": field is immutable/);
      const nowhere = { ...foreign, metadata: { ...foreign.metadata, name: 'b' } };
      expectRefusal(await api.apply('v1 configmaps/b', nowhere, as('git')), 409, 'Conflict');
      const owned = { ...body, metadata: { name: 'a', managedFields: [{ manager: 'git' }] } };
      expectRefusal(await api.apply('v1 configmaps/a', owned, as('git')), 400, 'BadRequest');
    },
  },
  {
    name: 'a field of somebody else is a conflict that names owner and field; force takes it',
    run: async (api) => {
      expectOk(await api.apply(DEPLOYMENT, replicas(0), as('git')), 201);
      const wanted = { ...deployment('web'), spec: { replicas: 2, minReadySeconds: 5 } };
      const refused = await api.apply(DEPLOYMENT, wanted, as('scaler'));
      assert.equal(
        expectRefusal(refused, 409, 'Conflict'),
        'Apply failed with 1 conflict: conflict with "git": .spec.replicas',
      );
      assert.deepEqual(causesOf(refused), ['FieldManagerConflict conflict with "git" .spec.replicas']);
      assert.equal(
        at(expectOk(await api.get(DEPLOYMENT)), 'spec', 'minReadySeconds'),
        undefined,
        'nothing was written',
      );

      const forced = expectOk(await api.apply(DEPLOYMENT, wanted, as('scaler', true)));
      assert.equal(at(forced, 'spec', 'replicas'), 2);
      assert.deepEqual(fieldsOf(forced, 'scaler'), { 'f:spec': { 'f:minReadySeconds': {}, 'f:replicas': {} } });
      assert.equal(at(fieldsOf(forced, 'git'), 'f:spec', 'f:replicas'), undefined);
      // The other way round: now Git is refused, unless it forces too.
      assert.match(
        expectRefusal(await api.apply(DEPLOYMENT, replicas(0), as('git')), 409, 'Conflict'),
        /"scaler": \.spec\.replicas/,
      );
    },
  },
  {
    name: 'the same value is shared, not disputed',
    run: async (api) => {
      expectOk(await api.apply(DEPLOYMENT, replicas(0), as('git')), 201);
      const shared = { ...deployment('web'), spec: { replicas: 0 } };
      const both = expectOk(await api.apply(DEPLOYMENT, shared, as('scaler')));
      assert.deepEqual(fieldsOf(both, 'scaler'), { 'f:spec': { 'f:replicas': {} } });
      assert.notEqual(at(fieldsOf(both, 'git'), 'f:spec', 'f:replicas'), undefined);
    },
  },
  {
    name: 'what its only owner applies no more goes; what another owns stays',
    run: async (api) => {
      const path = 'v1 configmaps/a';
      expectOk(await api.apply(path, configMap('a', { data: { x: '1', y: '1', z: '1' } }), as('git')), 201);
      expectOk(await api.apply(path, configMap('a', { data: { y: '1' } }), as('other')));
      expectOk(await api.merge(path, { data: { w: '1' } }, as('editor')));
      const left = expectOk(await api.apply(path, configMap('a', { data: { z: '1' } }), as('git')));
      assert.deepEqual(left['data'], { y: '1', z: '1', w: '1' });
      assert.deepEqual(fieldsOf(left, 'git'), { 'f:data': { 'f:z': {} } });
      assert.deepEqual(fieldsOf(left, 'other'), { 'f:data': { 'f:y': {} } });
      assert.deepEqual(fieldsOf(left, 'editor', { operation: 'Update' }), { 'f:data': { 'f:w': {} } });
    },
  },
  {
    name: 'PUT, POST and patches own what they change, as Update of their manager',
    run: async (api) => {
      const created = expectOk(await api.post('v1 configmaps', configMap('a', { data: { x: '1' } }), as('maker')), 201);
      assert.deepEqual(fieldsOf(created, 'maker', { operation: 'Update' }), { 'f:data': { '.': {}, 'f:x': {} } });
      const patched = expectOk(await api.merge('v1 configmaps/a', { data: { x: '2', y: '1' } }, as('editor')));
      assert.deepEqual(fieldsOf(patched, 'editor', { operation: 'Update' }), { 'f:data': { 'f:x': {}, 'f:y': {} } });
      assert.deepEqual(fieldsOf(patched, 'maker', { operation: 'Update' }), { 'f:data': {} });
      const refused = await api.apply('v1 configmaps/a', configMap('a', { data: { x: '3' } }), as('git'));
      assert.match(expectRefusal(refused, 409, 'Conflict'), /conflict with "editor" using v1: \.data\.x$/);
    },
  },
  {
    name: 'lists with keys are merged item by item',
    run: async (api) => {
      const env = [
        { name: 'A', value: '1' },
        { name: 'B', value: '1' },
      ];
      const ports = [{ containerPort: 80 }];
      const base = { ...deployment('web') };
      expectOk(await api.apply(DEPLOYMENT, base, as('git')), 201);
      expectOk(await api.apply(DEPLOYMENT, container({ env, ports }), as('injector')));
      const both = expectOk(await api.apply(DEPLOYMENT, container({ env: [{ name: 'C', value: '1' }] }), as('third')));
      const merged = at(both, 'spec', 'template', 'spec', 'containers', 0);
      assert.deepEqual(
        listAt(merged, 'env').map((item) => at(item, 'name')),
        ['A', 'B', 'C'],
      );
      assert.equal(at(merged, 'image'), 'example.com/web:1');
      assert.deepEqual(
        at(fieldsOf(both, 'injector'), 'f:spec', 'f:template', 'f:spec', 'f:containers', 'k:{"name":"app"}'),
        {
          '.': {},
          'f:env': {
            'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} },
            'k:{"name":"B"}': { '.': {}, 'f:name': {}, 'f:value': {} },
          },
          'f:name': {},
          'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
        },
      );
      const less = expectOk(await api.apply(DEPLOYMENT, container({ env: [env[1]] }), as('injector')));
      const after = at(less, 'spec', 'template', 'spec', 'containers', 0);
      assert.deepEqual(
        listAt(after, 'env').map((item) => at(item, 'name')),
        ['B', 'C'],
      );
      assert.equal(at(after, 'ports'), undefined);
      const disputed = await api.apply(DEPLOYMENT, container({ image: 'example.com/web:2' }), as('injector'));
      assert.match(
        expectRefusal(disputed, 409, 'Conflict'),
        /"git": \.spec\.template\.spec\.containers\[name="app"\]\.image$/,
      );
    },
  },
  {
    name: 'finalizers are a set: each manager adds and removes its own',
    run: async (api) => {
      const path = 'v1 configmaps/a';
      const held = (name: string) => configMap('a', { metadata: { finalizers: [name] } });
      expectOk(await api.apply(path, held('example.com/one'), as('one')), 201);
      const both = expectOk(await api.apply(path, held('example.com/two'), as('two')));
      assert.deepEqual(at(both, 'metadata', 'finalizers'), ['example.com/one', 'example.com/two']);
      assert.deepEqual(fieldsOf(both, 'two'), { 'f:metadata': { 'f:finalizers': { 'v:"example.com/two"': {} } } });
      const one = expectOk(await api.apply(path, configMap('a'), as('one')));
      assert.deepEqual(at(one, 'metadata', 'finalizers'), ['example.com/two']);
      expectOk(await api.apply(path, configMap('a'), as('two')));
    },
  },
  {
    name: 'several conflicts name every field of every owner',
    run: async (api) => {
      const path = 'v1 configmaps/a';
      expectOk(await api.apply(path, configMap('a', { data: { x: '1', y: '1' } }), as('one')), 201);
      expectOk(await api.apply(path, configMap('a', { data: { z: '1' } }), as('two')));
      const refused = await api.apply(path, configMap('a', { data: { x: '2', y: '2', z: '2' } }), as('three'));
      assert.equal(
        expectRefusal(refused, 409, 'Conflict'),
        'Apply failed with 3 conflicts: conflicts with "one":\n- .data.x\n- .data.y\nconflicts with "two":\n- .data.z',
      );
    },
  },
  {
    name: 'status is owned apart, and neither door moves the other',
    run: async (api) => {
      expectOk(await api.apply(DEPLOYMENT, replicas(0), as('git')), 201);
      const body = { ...deployment('web'), spec: {}, status: { observedGeneration: 1 } };
      const status = expectOk(await api.apply(`${DEPLOYMENT}/status`, body, as('watcher', true)));
      assert.equal(at(status, 'status', 'observedGeneration'), 1);
      assert.deepEqual(fieldsOf(status, 'watcher', { subresource: 'status' }), {
        'f:status': { 'f:observedGeneration': {} },
      });
      const spec = expectOk(await api.apply(DEPLOYMENT, replicas(0), as('git')));
      assert.equal(at(spec, 'status', 'observedGeneration'), 1);
      const patched = expectOk(
        await api.merge(`${DEPLOYMENT}/status`, { status: { replicas: 0, unavailableReplicas: 2 } }, as('watcher')),
      );
      const own = fieldsOf(patched, 'watcher', { operation: 'Update', subresource: 'status' });
      assert.notEqual(at(own, 'f:status', 'f:unavailableReplicas'), undefined);
    },
  },
  {
    name: 'GitOps fight: forced apply of Git takes the weights back from a controller that patches them',
    run: async (api) => {
      const git = httpRoute('web', { hostnames: ['web.example.com'], rules: weights(100, 0) });
      expectOk(await api.apply(ROUTE, git, as('kustomize-controller', true)), 201);
      const path = '/spec/rules/0/backendRefs';
      const body = [
        { op: 'replace', path: `${path}/0/weight`, value: 80 },
        { op: 'replace', path: `${path}/1/weight`, value: 20 },
      ];
      const patched = expectOk(
        await api.send('PATCH', ROUTE, {
          body,
          query: as('pd-controller'),
          contentType: 'application/json-patch+json',
        }),
      );
      assert.deepEqual(fieldsOf(patched, 'pd-controller', { operation: 'Update' }), { 'f:spec': { 'f:rules': {} } });
      assert.deepEqual(fieldsOf(patched, 'kustomize-controller'), { 'f:spec': { 'f:hostnames': {} } });
      assert.deepEqual(await weightsOf(api), [80, 20]);
      expectOk(await api.apply(ROUTE, git, as('kustomize-controller', true)));
      assert.deepEqual(await weightsOf(api), [100, 0]);
    },
  },
  {
    name: 'GitOps fight: a controller that applies the weights is refused, or wins until the next run of Git',
    run: async (api) => {
      const git = httpRoute('web', { hostnames: ['web.example.com'], rules: weights(100, 0) });
      const controller = httpRoute('web', { rules: weights(80, 20) });
      expectOk(await api.apply(ROUTE, git, as('kustomize-controller', true)), 201);
      const refused = expectRefusal(await api.apply(ROUTE, controller, as('pd-controller')), 409, 'Conflict');
      assert.equal(refused, 'Apply failed with 1 conflict: conflict with "kustomize-controller": .spec.rules');
      expectOk(await api.apply(ROUTE, controller, as('pd-controller', true)));
      assert.deepEqual(await weightsOf(api), [80, 20]);
      const red = expectRefusal(await api.apply(ROUTE, git, as('kustomize-controller')), 409, 'Conflict');
      assert.match(red, /conflict with "pd-controller": \.spec\.rules$/);
      expectOk(await api.apply(ROUTE, git, as('kustomize-controller', true)));
      assert.deepEqual(await weightsOf(api), [100, 0]);
    },
  },
  {
    name: 'GitOps peace: a manifest without rules leaves the weights to the controller',
    run: async (api) => {
      const git = (host: string) => httpRoute('web', { hostnames: [host] });
      expectOk(await api.apply(ROUTE, git('a.example.com'), as('kustomize-controller', true)), 201);
      const controller = httpRoute('web', { rules: weights(80, 20) });
      expectOk(await api.apply(ROUTE, controller, as('pd-controller', true)));
      expectOk(await api.apply(ROUTE, git('b.example.com'), as('kustomize-controller', true)));
      assert.deepEqual(await weightsOf(api), [80, 20]);
      const route = expectOk(await api.get(ROUTE));
      assert.equal(stringAt(route, 'spec', 'hostnames', 0), 'b.example.com');
      assert.deepEqual(managersOf(route), ['kustomize-controller/Apply', 'pd-controller/Apply']);
    },
  },
  {
    name: 'a strategic merge patch on a custom resource is refused',
    run: async (api) => {
      expectOk(await api.post('gateway.networking.k8s.io/v1 httproutes', httpRoute('web', {})), 201);
      const patch = { body: { spec: {} }, contentType: 'application/strategic-merge-patch+json' };
      const refused = expectRefusal(await api.send('PATCH', ROUTE, patch), 415, 'UnsupportedMediaType');
      assert.match(refused, /application\/merge-patch\+json/);
    },
  },
];
