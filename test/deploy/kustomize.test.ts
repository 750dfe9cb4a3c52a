import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { KINDS } from '#src/api/kinds.ts';
import { VERBS, type Verb } from '#src/api/words.ts';
import { readConfig } from '#src/config.ts';
import { at, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import { runSerin } from '#test/cli/run-serin.ts';
import { isOfTheCluster, objectOf, objectsOf, resourcesOf, rightsOf } from './manifests.ts';

const FOLDER = 'deploy/kustomize';
const NAMESPACE = 'serin-system';
const deployment = objectOf(FOLDER, 'Deployment', 'serin');
const pod = recordAt(deployment, 'spec', 'template');
const [container] = listAt(pod, 'spec', 'containers');
const args = listAt(container, 'args').map(String);

/** `--metrics-server=x` as `['metricsServer', 'x']`, as the kubelet expands it. */
const settings = args.slice(1).map((flag): [string, string] => {
  const [name = '', value = ''] = flag.slice(2).split(/=(.*)/);
  const expanded = value.replace('$(POD_NAMESPACE)', NAMESPACE);
  return [name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()), expanded];
});

test('every file of a folder is applied', () => {
  for (const folder of ['deploy/base', FOLDER, 'deploy/namespaced', 'deploy/admission']) {
    const files = readdirSync(join(import.meta.dirname, '..', '..', folder)).filter(
      (file) => file !== 'kustomization.yaml',
    );
    assert.deepEqual(
      resourcesOf(folder)
        .filter((path) => path.endsWith('.yaml'))
        .toSorted(),
      files.toSorted(),
    );
  }
});

test('every CRD is applied', () => {
  const applied = objectsOf(FOLDER).filter((object) => stringAt(object, 'kind') === 'CustomResourceDefinition');
  assert.deepEqual(
    applied.map((object) => stringAt(object, 'spec', 'names', 'kind')),
    KINDS.map(({ kind }) => kind),
  );
});

test('what has a namespace is in the one that is made', () => {
  assert.equal(stringAt(objectOf(FOLDER, 'Namespace', NAMESPACE), 'metadata', 'name'), NAMESPACE);
  for (const object of objectsOf(FOLDER)) {
    const wanted = isOfTheCluster(object) ? undefined : NAMESPACE;
    assert.equal(stringAt(object, 'metadata', 'namespace'), wanted, JSON.stringify(object['metadata']));
  }
});

test('the pods run as the account that the roles are bound to', () => {
  const account = stringAt(pod, 'spec', 'serviceAccountName') ?? '';
  objectOf(FOLDER, 'ServiceAccount', account);
  for (const [kind, name] of [
    ['ClusterRole', 'serin-controller'],
    ['Role', 'serin-leader'],
  ] as const) {
    const binding = objectOf(FOLDER, `${kind}Binding`, name);
    assert.deepEqual(at(binding, 'subjects'), [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }]);
    assert.deepEqual(at(binding, 'roleRef'), { apiGroup: 'rbac.authorization.k8s.io', kind, name });
    objectOf(FOLDER, kind, name);
  }
});

test('the flags exist, their values are good, and the lease is where the role grants it', async () => {
  assert.equal(args[0], 'controller');
  assert.deepEqual(listAt(container, 'env'), [
    { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
  ]);
  const { out } = await runSerin(['controller', '--help']);
  for (const flag of args.slice(1)) assert.match(out, new RegExp(`${flag.split('=')[0]} <`));
  const config = readConfig({ environment: {}, flags: Object.fromEntries(settings) });
  assert.equal(config.leaseNamespace, NAMESPACE);
  assert.equal(config.leaderElect, true);
  assert.equal(config.port, at(listAt(container, 'ports')[0], 'containerPort'));
});

test('probes ask what the controller serves, on the port that it has', () => {
  const [port] = listAt(container, 'ports');
  for (const [probe, path] of [
    ['livenessProbe', '/healthz'],
    ['readinessProbe', '/readyz'],
  ] as const) {
    assert.deepEqual(at(container, probe, 'httpGet'), { path, port: stringAt(port, 'name') });
  }
  const service = objectOf(FOLDER, 'Service', 'serin-metrics');
  assert.equal(stringAt(service, 'spec', 'ports', 0, 'targetPort'), stringAt(port, 'name'));
  assert.equal(stringAt(service, 'metadata', 'annotations', 'prometheus.io/port'), String(at(port, 'containerPort')));
});

test('Deployment, Service and disruption budget mean the same pods, and leave one at least', () => {
  const labels = recordAt(pod, 'metadata', 'labels');
  assert.deepEqual(recordAt(deployment, 'spec', 'selector', 'matchLabels'), labels);
  assert.deepEqual(recordAt(objectOf(FOLDER, 'Service', 'serin-metrics'), 'spec', 'selector'), labels);
  const budget = objectOf(FOLDER, 'PodDisruptionBudget', 'serin');
  assert.deepEqual(recordAt(budget, 'spec', 'selector', 'matchLabels'), labels);
  assert.deepEqual([at(deployment, 'spec', 'replicas'), at(budget, 'spec', 'minAvailable')], [2, 1]);
});

test('the pods meet the restricted standard that the namespace enforces, and write to their volumes only', () => {
  assert.equal(
    recordAt(objectOf(FOLDER, 'Namespace', NAMESPACE), 'metadata', 'labels')['pod-security.kubernetes.io/enforce'],
    'restricted',
  );
  const inPod = recordAt(pod, 'spec', 'securityContext');
  assert.deepEqual([inPod['runAsNonRoot'], inPod['seccompProfile']], [true, { type: 'RuntimeDefault' }]);
  assert.deepEqual(recordAt(container, 'securityContext'), {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  const mounts = new Map(
    listAt(container, 'volumeMounts').map((mount) => [stringAt(mount, 'mountPath'), stringAt(mount, 'name')]),
  );
  assert.deepEqual([...mounts.keys()], [Object.fromEntries(settings)['gitDirectory'], '/tmp']);
  const volumes = listAt(pod, 'spec', 'volumes');
  assert.deepEqual(
    volumes.map((volume) => stringAt(volume, 'name')),
    [...mounts.values()],
  );
  for (const volume of volumes) assert.ok(at(volume, 'emptyDir', 'sizeLimit'));
});

test('the network policy lets scrapers in, and the controller out to what it needs', () => {
  const policy = objectOf(FOLDER, 'NetworkPolicy', 'serin');
  assert.deepEqual(at(policy, 'spec', 'podSelector', 'matchLabels'), recordAt(pod, 'metadata', 'labels'));
  const ports = (direction: string): readonly unknown[] =>
    listAt(policy, 'spec', direction).flatMap((rule) => listAt(rule, 'ports').map((port) => at(port, 'port')));
  assert.deepEqual(ports('ingress'), [at(listAt(container, 'ports')[0], 'name')]);
  const prometheus = Number(new URL(Object.fromEntries(settings)['metricsServer'] ?? '').port);
  assert.deepEqual(ports('egress'), [53, 53, 443, 6443, 22, prometheus, 80, 8080]);
});

test('an action is for its writer to sign, but for the account that the controller has', () => {
  const policy = objectOf(FOLDER, 'ValidatingAdmissionPolicy', 'serin-requested-by');
  const account = `system:serviceaccount:${NAMESPACE}:${stringAt(pod, 'spec', 'serviceAccountName')}`;
  assert.equal(
    stringAt(policy, 'spec', 'matchConditions', 0, 'expression'),
    `request.userInfo.username != '${account}'`,
  );
  const binding = objectOf(FOLDER, 'ValidatingAdmissionPolicyBinding', 'serin-requested-by');
  assert.deepEqual(at(binding, 'spec'), { policyName: 'serin-requested-by', validationActions: ['Deny'] });
});

test('people may see every kind of ours, and write those that are theirs', () => {
  const view = rightsOf(objectOf(FOLDER, 'ClusterRole', 'serin-view'));
  for (const { plural } of KINDS) assert.ok(view.has(`list ${plural}.serin.dev`), plural);
  for (const resource of ['deployments.apps', 'replicasets.apps', 'pods'])
    assert.ok(view.has(`watch ${resource}`), resource);
  assert.ok(![...view].some((right) => !/^(get|list|watch) /.test(right)));
  const edit = rightsOf(objectOf(FOLDER, 'ClusterRole', 'serin-edit'));
  assert.ok(edit.has('create canaries.serin.dev'));
  assert.ok(![...edit].some((right) => right.includes('canaryruns') || right.includes('/status')));
});

test('who may act has every verb as a right on Canaries, and who approves has those of gates', () => {
  const acting = (verbs: readonly Verb[]): readonly string[] => [
    'create canaryactions.serin.dev',
    ...['get', 'list', 'watch'].flatMap((verb) => [`${verb} canaryactions.serin.dev`, `${verb} canaries.serin.dev`]),
    ...verbs.map((verb) => `${verb} canaries.serin.dev`),
  ];
  const granted = (role: string): readonly string[] => [...rightsOf(objectOf(FOLDER, 'ClusterRole', role))].toSorted();
  assert.deepEqual(granted('serin-act'), acting(VERBS).toSorted());
  assert.deepEqual(granted('serin-approve'), acting(['approve', 'reject']).toSorted());
});
