// deploy/kustomize and deploy/namespaced, applied with kubectl to the API server that KUBECONFIG names. It deletes Serin
// there first, its CRDs included.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { at, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import { isOfTheCluster, objectOf, objectsOf } from '#test/deploy/manifests.ts';
import { kubectl, missing, read, refusal, untilServed } from './admin.ts';

const NAMESPACE = 'serin-deploy';
const PATIENCE_MS = 30_000;
const WHOLE = 'deploy/kustomize';
const account = (namespace: string): string => `system:serviceaccount:${namespace}:serin`;

/** Kind, namespace and name of each object of a folder, beside its resourceVersion. */
const versions = async (folder: string): Promise<Readonly<Record<string, unknown>>> =>
  Object.fromEntries(
    listAt(await read(['-k', folder]), 'items').map((object) => [
      `${stringAt(object, 'kind')} ${stringAt(object, 'metadata', 'name')}`,
      stringAt(object, 'metadata', 'resourceVersion'),
    ]),
  );

const mayDo = async (user: string, ...question: readonly string[]): Promise<boolean> =>
  kubectl(['auth', 'can-i', '--quiet', `--as=${user}`, ...question]).then(
    () => true,
    () => false,
  );

const remove = (folder: string): Promise<string> =>
  kubectl(['delete', '-k', folder, '--ignore-not-found', '--timeout=60s']);

describe('deploy/kustomize', { skip: missing ?? false }, () => {
  before(() => remove(WHOLE).then(() => {}));
  after(() => remove(WHOLE).then(() => {}));

  test('is applied to an empty cluster, and applied again changes nothing', async () => {
    const first = await kubectl(['apply', '-k', WHOLE]);
    const lines = first.trim().split('\n');
    assert.deepEqual(
      lines.filter((line) => !line.endsWith(' created')),
      [],
    );
    assert.equal(lines.length, objectsOf(WHOLE).length);
    await untilServed('crd', '-l', 'app.kubernetes.io/part-of=serin');
    await setTimeout(1_000); // What controllers write into statuses once.
    const before = await versions(WHOLE);
    const second = await kubectl(['apply', '-k', WHOLE]);
    // kubectl always sends the selector of a disruption budget; the API server finds no change in it.
    assert.deepEqual(
      second
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith(' unchanged')),
      ['poddisruptionbudget.policy/serin configured'],
    );
    assert.deepEqual(await versions(WHOLE), before);
  });

  test('makes pods that the standard of its namespace admits', async () => {
    const template = recordAt(objectOf(WHOLE, 'Deployment', 'serin'), 'spec', 'template');
    const pod = { ...template, apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', namespace: 'serin-system' } };
    const dry = ['create', '--dry-run=server', '-f', '-'];
    await kubectl(dry, { input: JSON.stringify(pod) });
    const loose = { ...pod, spec: { ...recordAt(pod, 'spec'), securityContext: {} } };
    assert.match(await refusal(dry, { input: JSON.stringify(loose) }), /violates PodSecurity "restricted/);
  });

  test('gives the account what it needs, and nothing that it does not', async () => {
    const user = account('serin-system');
    const may = (...question: readonly string[]): Promise<boolean> => mayDo(user, ...question);
    assert.equal(await may('patch', 'deployments.apps', '-n', 'default'), true);
    assert.equal(await may('list', 'namespaces'), true);
    assert.equal(await may('update', 'leases.coordination.k8s.io/serin', '-n', 'serin-system'), true);
    assert.equal(await may('update', 'leases.coordination.k8s.io/other', '-n', 'serin-system'), false);
    assert.equal(await may('update', 'leases.coordination.k8s.io/serin', '-n', 'default'), false);
    assert.equal(await may('create', 'pods', '-n', 'default'), false);
    assert.equal(await may('patch', 'clusterroles.rbac.authorization.k8s.io'), false);
  });

  describe('the policy for actions', () => {
    // The same policy for a copy of the kind, because no verb of a CanaryAction is admitted yet.
    const copied = (text: unknown): string =>
      JSON.stringify(text).replaceAll('serin.dev', 'copy.serin.dev').replaceAll('serin-requested-by', 'serin-copied');
    const objects = [
      objectOf(WHOLE, 'CustomResourceDefinition', 'canaryactions.serin.dev'),
      objectOf(WHOLE, 'ValidatingAdmissionPolicy', 'serin-requested-by'),
      objectOf(WHOLE, 'ValidatingAdmissionPolicyBinding', 'serin-requested-by'),
    ];
    const withoutRules = (key: string, value: unknown): unknown =>
      key === 'x-kubernetes-validations' ? undefined : value;
    const input = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: objects.map((object): unknown => JSON.parse(copied(JSON.parse(JSON.stringify(object, withoutRules))))),
    });
    before(async () => {
      await kubectl(['apply', '-f', '-'], { input });
      await untilServed('crd/canaryactions.copy.serin.dev');
    });
    after(() => kubectl(['delete', '--ignore-not-found', '-f', '-'], { input }).then(() => {}));

    const create = (requestedBy?: string): string =>
      JSON.stringify({
        apiVersion: 'copy.serin.dev/v1alpha1',
        kind: 'CanaryAction',
        metadata: { generateName: 'abort-', namespace: 'default' },
        spec: { canaryRef: { name: 'podinfo' }, verb: 'abort', ...(requestedBy && { requestedBy }) },
      });
    const as = (user: string): readonly string[] => ['create', '-f', '-', `--as=${user}`, '--as-group=system:masters'];

    test('admits who signs as themselves, and tells others what would be right', async () => {
      const end = Date.now() + PATIENCE_MS;
      // The API server takes a moment to follow a policy.
      while ((await kubectl(as('mallory'), { input: create('alice') }).catch(() => 'refused')) !== 'refused') {
        assert.ok(Date.now() < end, 'the policy never holds');
        await setTimeout(200);
      }
      assert.match(
        await refusal(as('mallory'), { input: create('alice') }),
        /spec\.requestedBy is "alice"; want "mallory", the user who writes the action/,
      );
      assert.match(await refusal(as('mallory'), { input: create() }), /spec\.requestedBy is absent; want "mallory"/);
      await kubectl(as('alice'), { input: create('alice') });
      await kubectl(as(account('serin-system')), { input: create('alice') });
    });
  });
});

describe('deploy/namespaced', { skip: missing ?? false }, () => {
  const root = join(import.meta.dirname, '..', '..');
  const overlay = mkdtempSync(join(tmpdir(), 'serin-namespaced-'));
  const base = relative(overlay, join(root, 'deploy', 'namespaced'));
  writeFileSync(join(overlay, 'kustomization.yaml'), JSON.stringify({ namespace: NAMESPACE, resources: [base] }));
  before(async () => {
    await kubectl(['apply', '-k', 'crds']);
    await kubectl(['create', 'namespace', NAMESPACE]);
  });
  after(async () => {
    await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found']);
    await kubectl(['delete', '-k', 'crds', '--ignore-not-found']);
    rmSync(overlay, { recursive: true });
  });

  test('is applied in the namespace of an overlay, watches that, and has no right outside', async () => {
    await kubectl(['apply', '-k', overlay]);
    const { items } = recordAt(await read(['-k', overlay]));
    for (const object of listAt(items)) {
      assert.equal(stringAt(object, 'metadata', 'namespace'), NAMESPACE);
      assert.equal(isOfTheCluster(recordAt(object)), false);
    }
    const container = recordAt(
      await read(['deployment/serin', '-n', NAMESPACE]),
      'spec',
      'template',
      'spec',
      'containers',
      0,
    );
    assert.ok(listAt(container, 'args').includes('--namespace=$(POD_NAMESPACE)'));
    assert.equal(stringAt(container, 'env', 0, 'valueFrom', 'fieldRef', 'fieldPath'), 'metadata.namespace');
    const may = (...question: readonly string[]): Promise<boolean> => mayDo(account(NAMESPACE), ...question);
    assert.equal(await may('patch', 'deployments.apps', '-n', NAMESPACE), true);
    assert.equal(await may('watch', 'canaries.serin.dev', '-n', NAMESPACE), true);
    assert.equal(await may('update', 'leases.coordination.k8s.io/serin', '-n', NAMESPACE), true);
    assert.equal(await may('list', 'deployments.apps', '-n', 'default'), false);
    assert.equal(await may('list', 'canaries.serin.dev', '--all-namespaces'), false);
    assert.equal(await may('list', 'namespaces'), false);
    const roles = await read(['clusterrolebindings']);
    const bound = listAt(roles, 'items').filter((binding) =>
      listAt(binding, 'subjects').some((subject) => at(subject, 'namespace') === NAMESPACE),
    );
    assert.deepEqual(bound, []);
  });
});
