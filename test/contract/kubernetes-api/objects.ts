import assert from 'node:assert/strict';
import { at, isRecord, listAt, stringAt } from '#src/lib/json.ts';
import {
  type Case,
  configMap,
  deployment,
  expectOk,
  expectRefusal,
  generationOf,
  httpRoute,
  namesOf,
  uidOf,
  versionOf,
} from './harness.ts';

const DEPLOYMENTS = 'apps/v1 deployments';
const LEASES = 'coordination.k8s.io/v1 leases';
const ROUTES = 'gateway.networking.k8s.io/v1 httproutes';

/** Create, read, list, replace, patch, status. */
export const objectCases: readonly Case[] = [
  {
    name: 'an object is created with identity, read back and there only once',
    run: async (api) => {
      const created = expectOk(await api.post('v1 configmaps', configMap('a', { data: { x: '1' } })), 201);
      assert.match(uidOf(created), /^[0-9a-f]{8}-/);
      assert.match(versionOf(created), /^\d+$/);
      assert.match(stringAt(created, 'metadata', 'creationTimestamp') ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.equal(stringAt(created, 'metadata', 'namespace'), api.namespace);
      assert.deepEqual(expectOk(await api.get('v1 configmaps/a')), created);
      const again = await api.post('v1 configmaps', configMap('a'));
      assert.equal(expectRefusal(again, 409, 'AlreadyExists'), 'configmaps "a" already exists');
      assert.equal(stringAt(again.body, 'details', 'kind'), 'configmaps');
    },
  },
  {
    name: 'everybody is told who he is',
    run: async (api) => {
      const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      const told = expectOk(await api.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', review), 201);
      assert.equal(stringAt(told, 'kind'), 'SelfSubjectReview');
      assert.match(stringAt(told, 'status', 'userInfo', 'username') ?? '', /./);
    },
  },
  {
    name: 'what is not there is NotFound, by object, by kind and by namespace',
    run: async (api) => {
      const missing = await api.get('apps/v1 deployments/none');
      assert.equal(expectRefusal(missing, 404, 'NotFound'), 'deployments.apps "none" not found');
      assert.equal(stringAt(missing.body, 'details', 'name'), 'none');
      assert.equal((await api.get('apps/v1 gadgets')).status, 404);
      const nowhere = `/api/v1/namespaces/${api.namespace}-none/configmaps`;
      const refused = await api.post(nowhere, configMap('a'));
      assert.equal(expectRefusal(refused, 404, 'NotFound'), `namespaces "${api.namespace}-none" not found`);
    },
  },
  {
    name: 'generateName makes different names',
    run: async (api) => {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'a-' } };
      const [first, second] = [await api.post('v1 configmaps', body), await api.post('v1 configmaps', body)];
      const names = [first, second].map((made) => stringAt(expectOk(made, 201), 'metadata', 'name') ?? '');
      assert.match(names[0] ?? '', /^a-[a-z0-9]{5}$/);
      assert.notEqual(names[0], names[1]);
    },
  },
  {
    name: 'bodies that contradict the path are refused',
    run: async (api) => {
      expectRefusal(await api.post('v1 configmaps', configMap('a', { kind: 'Secret' })), 400, 'BadRequest');
      const foreign = configMap('a', { metadata: { namespace: 'default' } });
      assert.match(expectRefusal(await api.post('v1 configmaps', foreign), 400, 'BadRequest'), /namespace/);
      await api.post('v1 configmaps', configMap('a'));
      assert.match(expectRefusal(await api.put('v1 configmaps/a', configMap('b')), 400, 'BadRequest'), /name/);
    },
  },
  {
    name: 'names that are no DNS names are Invalid, with field and cause',
    run: async (api) => {
      const refused = await api.post('v1 configmaps', configMap('Not_A_Name'));
      assert.match(expectRefusal(refused, 422, 'Invalid'), /^ConfigMap "Not_A_Name" is invalid: metadata\.name: /);
      assert.equal(stringAt(refused.body, 'details', 'causes', 0, 'field'), 'metadata.name');
      const label = configMap('a', { metadata: { labels: { app: 'not a label' } } });
      expectRefusal(await api.post('v1 configmaps', label), 422, 'Invalid');
    },
  },
  {
    name: 'PUT holds for one resourceVersion, and without one where the kind allows it',
    run: async (api) => {
      const first = expectOk(await api.post('v1 configmaps', configMap('a', { data: { x: '1' } })), 201);
      const second = expectOk(await api.put('v1 configmaps/a', { ...first, data: { x: '2' } }));
      assert.ok(BigInt(versionOf(second)) > BigInt(versionOf(first)));
      const stale = expectRefusal(await api.put('v1 configmaps/a', { ...first, data: { x: '3' } }), 409, 'Conflict');
      assert.match(stale, /^Operation cannot be fulfilled on configmaps "a": the object has been modified/);
      expectOk(await api.put('v1 configmaps/a', configMap('a', { data: { x: '4' } })));
      const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'a' }, spec: {} };
      expectOk(await api.post(LEASES, lease), 201);
      const unguarded = await api.put(`${LEASES}/a`, lease);
      assert.match(expectRefusal(unguarded, 422, 'Invalid'), /metadata\.resourceVersion/);
    },
  },
  {
    name: 'a foreign uid is a precondition of PUT that fails, and a field that no patch can change',
    run: async (api) => {
      const first = expectOk(await api.post('v1 configmaps', configMap('a', { data: { x: '1' } })), 201);
      const foreign = { name: 'a', uid: uidOf(first).replace(/^./, (digit) => (digit === 'a' ? 'b' : 'a')) };
      const put = expectRefusal(await api.put('v1 configmaps/a', { ...first, metadata: foreign }), 409, 'Conflict');
      assert.match(put, /Precondition failed: UID in precondition: /);
      const patched = await api.merge('v1 configmaps/a', { metadata: { uid: foreign.uid } });
      assert.match(expectRefusal(patched, 422, 'Invalid'), /metadata\.uid: Invalid value: .*field is immutable/);
    },
  },
  {
    name: 'a write that changes nothing makes no new resourceVersion',
    run: async (api) => {
      const first = expectOk(await api.post('v1 configmaps', configMap('a', { data: { x: '1' } })), 201);
      assert.equal(versionOf(expectOk(await api.put('v1 configmaps/a', first))), versionOf(first));
      assert.equal(versionOf(expectOk(await api.merge('v1 configmaps/a', { data: { x: '1' } }))), versionOf(first));
    },
  },
  {
    name: 'merge patch changes, adds and removes, guarded by resourceVersion when it is in the patch',
    run: async (api) => {
      const first = expectOk(await api.post('v1 configmaps', configMap('a', { data: { x: '1', y: '1' } })), 201);
      const second = expectOk(await api.merge('v1 configmaps/a', { data: { x: null, z: '2' } }));
      assert.deepEqual(second['data'], { y: '1', z: '2' });
      const guard = { metadata: { resourceVersion: versionOf(first) }, data: { y: '3' } };
      expectRefusal(await api.merge('v1 configmaps/a', guard), 409, 'Conflict');
      const held = { metadata: { resourceVersion: versionOf(second) }, data: { y: '3' } };
      assert.deepEqual(expectOk(await api.merge('v1 configmaps/a', held))['data'], { y: '3', z: '2' });
      expectRefusal(await api.merge('v1 configmaps/none', { data: {} }), 404, 'NotFound');
    },
  },
  {
    name: 'JSON patch is atomic and tests before it changes',
    run: async (api) => {
      const annotations = { 'example.com/x': '1' };
      expectOk(await api.post('v1 configmaps', configMap('a', { metadata: { annotations } })), 201);
      const path = '/metadata/annotations/example.com~1x';
      const patch = (body: readonly unknown[]) =>
        api.send('PATCH', 'v1 configmaps/a', { body, contentType: 'application/json-patch+json' });
      const noteOf = (object: unknown) => stringAt(object, 'metadata', 'annotations', 'example.com/x');
      const changed = await patch([
        { op: 'test', path, value: '1' },
        { op: 'replace', path, value: '2' },
      ]);
      assert.equal(noteOf(expectOk(changed)), '2');
      const failed = await patch([
        { op: 'replace', path, value: '3' },
        { op: 'test', path, value: '1' },
      ]);
      expectRefusal(failed, 422, 'Invalid');
      assert.equal(noteOf(expectOk(await api.get('v1 configmaps/a'))), '2');
    },
  },
  {
    name: 'generation follows the spec: neither metadata nor status, but annotations of a Deployment',
    run: async (api) => {
      const created = expectOk(await api.post(DEPLOYMENTS, deployment('web')), 201);
      assert.equal(generationOf(created), 1);
      const path = `${DEPLOYMENTS}/web`;
      const labelled = expectOk(await api.merge(path, { metadata: { labels: { team: 'shop' } } }));
      assert.equal(generationOf(labelled), 1);
      assert.equal(generationOf(expectOk(await api.merge(`${path}/status`, { status: { observedGeneration: 1 } }))), 1);
      assert.equal(generationOf(expectOk(await api.merge(path, { spec: { minReadySeconds: 5 } }))), 2);
      assert.equal(generationOf(expectOk(await api.merge(path, { metadata: { annotations: { note: 'x' } } }))), 3);
      const map = expectOk(await api.post('v1 configmaps', configMap('a')), 201);
      assert.equal(generationOf(map), undefined);
      expectOk(await api.post(ROUTES, httpRoute('web', { hostnames: ['a.example.com'] })), 201);
      const annotated = expectOk(await api.merge(`${ROUTES}/web`, { metadata: { annotations: { note: 'x' } } }));
      assert.equal(generationOf(annotated), 1);
      const moved = expectOk(await api.merge(`${ROUTES}/web`, { spec: { hostnames: ['b.example.com'] } }));
      assert.equal(generationOf(moved), 2);
    },
  },
  {
    name: 'status and the rest are written through different doors',
    run: async (api) => {
      const created = await api.post(DEPLOYMENTS, { ...deployment('web'), status: { replicas: 7 } });
      assert.equal(at(expectOk(created, 201), 'status', 'replicas'), undefined);
      const through = await api.merge(`${DEPLOYMENTS}/web`, { status: { replicas: 7 } });
      assert.equal(at(expectOk(through), 'status', 'replicas'), undefined);
      const body = { status: { replicas: 7 }, spec: { minReadySeconds: 9 } };
      const status = expectOk(await api.merge(`${DEPLOYMENTS}/web/status`, body));
      assert.equal(at(status, 'status', 'replicas'), 7);
      assert.equal(at(status, 'spec', 'minReadySeconds'), undefined);
      assert.equal((await api.get('v1 configmaps/a/status')).status, 404);
    },
  },
  {
    name: 'a Deployment gets the defaults of Kubernetes and keeps its selector',
    run: async (api) => {
      const body = deployment('web', { replicas: undefined });
      const created = expectOk(await api.post(DEPLOYMENTS, body, { dryRun: 'All' }), 201);
      assert.equal(at(created, 'spec', 'replicas'), 1);
      const rollingUpdate = { maxSurge: '25%', maxUnavailable: '25%' };
      assert.deepEqual(at(created, 'spec', 'strategy'), { type: 'RollingUpdate', rollingUpdate });
      assert.equal(at(created, 'spec', 'progressDeadlineSeconds'), 600);
      assert.equal(at(created, 'spec', 'template', 'spec', 'restartPolicy'), 'Always');
      const container = at(created, 'spec', 'template', 'spec', 'containers', 0);
      assert.equal(at(container, 'imagePullPolicy'), 'IfNotPresent');
      assert.equal((await api.get(`${DEPLOYMENTS}/web`)).status, 404, 'a dry run stores nothing');

      expectOk(await api.post(DEPLOYMENTS, deployment('web')), 201);
      const selector = { matchLabels: { app: 'other' } };
      const template = { metadata: { labels: { app: 'other' } } };
      const moved = await api.merge(`${DEPLOYMENTS}/web`, { spec: { selector, template } });
      assert.match(expectRefusal(moved, 422, 'Invalid'), /spec\.selector: .*field is immutable/);
      const unmatched = deployment('b', { selector });
      const refused = expectRefusal(await api.post(DEPLOYMENTS, unmatched), 422, 'Invalid');
      assert.match(refused, /spec\.template\.metadata\.labels: .*`selector` does not match template `labels`/);
    },
  },
  {
    name: 'a Service gets an address that stays, and ports with defaults',
    run: async (api) => {
      const body = (port: number) => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { selector: { app: 'web' }, ports: [{ port }] },
      });
      const created = expectOk(await api.post('v1 services', body(80)), 201);
      const address = stringAt(created, 'spec', 'clusterIP') ?? '';
      assert.match(address, /^\d+\.\d+\.\d+\.\d+$/);
      assert.deepEqual(at(created, 'spec', 'clusterIPs'), [address]);
      assert.deepEqual(at(created, 'spec', 'ports'), [{ port: 80, protocol: 'TCP', targetPort: 80 }]);
      assert.equal(at(created, 'spec', 'type'), 'ClusterIP');
      const replaced = expectOk(await api.put('v1 services/web', body(81)));
      assert.equal(stringAt(replaced, 'spec', 'clusterIP'), address);
      expectRefusal(await api.merge('v1 services/web', { spec: { ports: [{ port: 0 }] } }), 422, 'Invalid');
      expectRefusal(await api.merge('v1 services/web', { spec: { clusterIP: '10.96.200.200' } }), 422, 'Invalid');
    },
  },
  {
    name: 'the name of a Service may begin with a digit, as since Kubernetes 1.36',
    run: async (api) => {
      const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: '2048' }, spec: { ports: [{ port: 80 }] } };
      expectOk(await api.post('v1 services', body), 201);
    },
  },
  {
    name: 'an HTTPRoute gets match, weight and backend kind, and refuses a weight that is out of range',
    run: async (api) => {
      const rules = (weight?: number) => [
        { backendRefs: [{ name: 'web', port: 80, ...(weight === undefined ? {} : { weight }) }] },
      ];
      const created = expectOk(await api.post(ROUTES, httpRoute('web', { rules: rules() })), 201);
      assert.deepEqual(at(created, 'spec', 'rules', 0), {
        matches: [{ path: { type: 'PathPrefix', value: '/' } }],
        backendRefs: [{ group: '', kind: 'Service', name: 'web', port: 80, weight: 1 }],
      });
      expectRefusal(await api.merge(`${ROUTES}/web`, { spec: { rules: rules(1_000_001) } }), 422, 'Invalid');
      expectRefusal(await api.merge(`${ROUTES}/web`, { spec: { rules: rules(-1) } }), 422, 'Invalid');
    },
  },
  {
    name: 'an Ingress path must say its type',
    run: async (api) => {
      const path = (pathType?: string) => ({
        path: '/',
        pathType,
        backend: { service: { name: 'web', port: { number: 80 } } },
      });
      const ingress = (pathType?: string) => ({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'web' },
        spec: { rules: [{ host: 'a.example.com', http: { paths: [path(pathType)] } }] },
      });
      const refused = expectRefusal(await api.post('networking.k8s.io/v1 ingresses', ingress()), 422, 'Invalid');
      assert.match(refused, /spec\.rules\[0\]\.http\.paths\[0\]\.pathType: Required value/);
      expectOk(await api.post('networking.k8s.io/v1 ingresses', ingress('Prefix')), 201);
    },
  },
  {
    name: 'what is marked immutable stays as it is',
    run: async (api) => {
      expectOk(await api.post('v1 configmaps', configMap('a', { immutable: true, data: { x: '1' } })), 201);
      const refused = expectRefusal(await api.merge('v1 configmaps/a', { data: { x: '2' } }), 422, 'Invalid');
      assert.match(refused, /data: Forbidden: field is immutable when `immutable` is set/);
      expectRefusal(await api.merge('v1 configmaps/a', { immutable: null }), 422, 'Invalid');
      expectOk(await api.merge('v1 configmaps/a', { metadata: { labels: { app: 'web' } } }));
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, stringData: { key: 'value' } };
      const created = expectOk(await api.post('v1 secrets', secret), 201);
      assert.deepEqual(created['data'], { key: Buffer.from('value').toString('base64') });
      assert.equal(created['type'], 'Opaque');
      assert.equal('stringData' in created, false);
    },
  },
  {
    name: 'lists are selected by labels and by fields',
    run: async (api) => {
      const labelled = (name: string, labels: Record<string, string>) => configMap(name, { metadata: { labels } });
      for (const map of [
        labelled('a', { app: 'web', side: 'canary' }),
        labelled('b', { app: 'web' }),
        labelled('c', {}),
      ]) {
        expectOk(await api.post('v1 configmaps', map), 201);
      }
      const select = async (query: Record<string, string>) =>
        namesOf(expectOk(await api.get('v1 configmaps', { query }))).filter((name) => name.length === 1);
      assert.deepEqual(await select({ labelSelector: 'app=web' }), ['a', 'b']);
      assert.deepEqual(await select({ labelSelector: 'app==web,side!=canary' }), ['b']);
      assert.deepEqual(await select({ labelSelector: 'side in (canary, primary)' }), ['a']);
      assert.deepEqual(await select({ labelSelector: 'app,side notin (canary)' }), ['b']);
      assert.deepEqual(await select({ labelSelector: '!app' }), ['c']);
      assert.deepEqual(await select({ fieldSelector: 'metadata.name=b' }), ['b']);
      assert.deepEqual(await select({ fieldSelector: 'metadata.name=b', labelSelector: 'side' }), []);
      expectRefusal(await api.get('v1 configmaps', { query: { labelSelector: 'a in' } }), 400, 'BadRequest');
      expectRefusal(await api.get('v1 configmaps', { query: { fieldSelector: 'data.x=1' } }), 400, 'BadRequest');
    },
  },
  {
    name: 'all pages of a list show one state',
    run: async (api) => {
      const query = { limit: '2', labelSelector: 'paged' };
      for (const name of ['a', 'b', 'c', 'e']) {
        expectOk(await api.post('v1 configmaps', configMap(name, { metadata: { labels: { paged: 'yes' } } })), 201);
      }
      expectOk(await api.post('v1 configmaps', configMap('z')), 201);
      const first = expectOk(await api.get('v1 configmaps', { query }));
      assert.deepEqual(namesOf(first), ['a', 'b']);
      expectOk(await api.post('v1 configmaps', configMap('d', { metadata: { labels: { paged: 'yes' } } })), 201);
      expectOk(await api.send('DELETE', 'v1 configmaps/c'));
      const token = stringAt(first, 'metadata', 'continue') ?? '';
      const second = expectOk(await api.get('v1 configmaps', { query: { ...query, continue: token } }));
      assert.deepEqual(namesOf(second), ['c', 'e']);
      // The server has not looked behind a full page: what is there may not be of the selection.
      const last = stringAt(second, 'metadata', 'continue') ?? '';
      assert.notEqual(last, '');
      const third = expectOk(await api.get('v1 configmaps', { query: { ...query, continue: last } }));
      assert.deepEqual(namesOf(third), []);
      assert.equal(stringAt(third, 'metadata', 'continue'), undefined);
      assert.equal(versionOf(second), versionOf(first));
      assert.deepEqual(namesOf(expectOk(await api.get('v1 configmaps', { query: { labelSelector: 'paged' } }))), [
        'a',
        'b',
        'd',
        'e',
      ]);
      assert.equal((await api.get('v1 configmaps', { query: { continue: 'nonsense' } })).status, 400);
    },
  },
  {
    name: 'metadata alone is given on request; typed items carry no kind',
    run: async (api) => {
      expectOk(await api.post('v1 configmaps', configMap('a', { data: { x: '1' } })), 201);
      const accept = (as: string) => `application/json;as=${as};g=meta.k8s.io;v=v1`;
      const one = expectOk(await api.get('v1 configmaps/a', { accept: accept('PartialObjectMetadata') }));
      assert.equal(one['kind'], 'PartialObjectMetadata');
      assert.equal(one['apiVersion'], 'meta.k8s.io/v1');
      assert.equal('data' in one, false);
      const query = { fieldSelector: 'metadata.name=a' };
      const list = expectOk(await api.get('v1 configmaps', { query, accept: accept('PartialObjectMetadataList') }));
      assert.equal(list['kind'], 'PartialObjectMetadataList');
      assert.deepEqual(namesOf(list), ['a']);
      const whole = expectOk(await api.get('v1 configmaps', { query }));
      assert.equal(whole['kind'], 'ConfigMapList');
      assert.ok(listAt(whole, 'items').every((item) => isRecord(item) && !('kind' in item)));
      assert.equal((await api.get('v1 configmaps', { accept: 'text/html' })).status, 406);
    },
  },
];
