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
    const ALL = ['--as-group=system:masters'];
    const role = (name: string, verbs: readonly string[], resourceNames?: readonly string[]): unknown => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name, namespace: 'default' },
      rules: [
        { apiGroups: ['serin.dev'], resources: ['canaryactions'], verbs: ['create'] },
        { apiGroups: ['serin.dev'], resources: ['canaries'], verbs, ...(resourceNames && { resourceNames }) },
      ],
    });
    const bound = (user: string, kind: 'Role' | 'ClusterRole', name: string): unknown => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: user, namespace: 'default' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
      subjects: [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }],
    });
    const rights = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [
        role('aborts-podinfo', ['abort'], ['podinfo']),
        role('writes-only', ['get']),
        bound('olga', 'ClusterRole', 'serin-act'),
        bound('anna', 'ClusterRole', 'serin-approve'),
        bound('paul', 'Role', 'aborts-podinfo'),
        bound('wanda', 'Role', 'writes-only'),
      ],
    });
    before(async () => {
      await untilServed('crd/canaryactions.serin.dev');
      await kubectl(['apply', '-f', '-'], { input: rights });
    });
    after(() => kubectl(['delete', '--ignore-not-found', '-f', '-'], { input: rights }).then(() => {}));

    type Asked = { readonly requestedBy?: string; readonly verb?: string; readonly canary?: string };
    const action = ({ requestedBy, verb = 'abort', canary = 'podinfo' }: Asked): string =>
      JSON.stringify({
        apiVersion: 'serin.dev/v1alpha1',
        kind: 'CanaryAction',
        metadata: { generateName: `${verb.toLowerCase()}-`, namespace: 'default' },
        spec: {
          canaryRef: { name: canary },
          verb,
          run: 'v2-1',
          ...(verb === 'approve' ? { gate: 'load-test' } : {}),
          ...(requestedBy && { requestedBy }),
        },
      });
    const create = (user: string, asked: Asked, groups: readonly string[] = []) =>
      [['create', '-f', '-', `--as=${user}`, ...groups], { input: action({ requestedBy: user, ...asked }) }] as const;

    /** The API server takes a moment to follow a policy, and a role. */
    const untilHeld = async (isSo: () => Promise<boolean>): Promise<void> => {
      const end = Date.now() + PATIENCE_MS;
      while (!(await isSo())) {
        assert.ok(Date.now() < end, 'the policy never holds');
        await setTimeout(200);
      }
    };
    const may = (...asked: Parameters<typeof create>): Promise<boolean> =>
      kubectl(...create(...asked)).then(
        () => true,
        () => false,
      );

    test('admits who signs as themselves, and tells others what would be right', async () => {
      await untilHeld(() => may('mallory', { requestedBy: 'alice' }, ALL).then((admitted) => !admitted));
      assert.match(
        await refusal(...create('mallory', { requestedBy: 'alice' }, ALL)),
        /spec\.requestedBy is "alice"; want "mallory", the user who writes the action/,
      );
      assert.match(await refusal(...create('mallory', { requestedBy: '' }, ALL)), /spec\.requestedBy: Required value/);
      assert.equal(await may('alice', {}, ALL), true);
      assert.equal(await may(account('serin-system'), { requestedBy: 'alice' }, ALL), true);
    });

    test('takes each verb for a right of its own on the Canary', async () => {
      await untilHeld(() => may('olga', {}));
      for (const verb of ['abort', 'promote', 'promoteFull', 'approve', 'pause']) {
        assert.equal(await may('olga', { verb }), true, verb);
      }
      assert.equal(await may('anna', { verb: 'approve' }), true);
      assert.match(
        await refusal(...create('anna', { verb: 'abort' })),
        /RBAC does not grant "abort" on Canary podinfo; want a role with that verb on canaries\.serin\.dev, such as serin-act/,
      );
      assert.equal(await may('paul', {}), true);
      assert.match(
        await refusal(...create('paul', { canary: 'other' })),
        /RBAC does not grant "abort" on Canary other/,
      );
      assert.match(await refusal(...create('paul', { verb: 'promote' })), /does not grant "promote"/);
      assert.match(await refusal(...create('wanda', {})), /RBAC does not grant "abort" on Canary podinfo/);
      assert.match(await refusal(...create('nobody', {})), /cannot create resource "canaryactions"/);
    });

    test('lets nobody change what was asked, and nobody answer it but who may', async () => {
      const name = (
        await kubectl(['create', '-o', 'name', '-f', '-', '--as=olga'], { input: action({ requestedBy: 'olga' }) })
      ).trim();
      const patch = (user: string, what: unknown, ...more: readonly string[]) => [
        'patch',
        name,
        '-n',
        'default',
        '--type=merge',
        '-p',
        JSON.stringify(what),
        `--as=${user}`,
        ...more,
      ];
      assert.match(
        await refusal(patch('alice', { spec: { verb: 'promote' } }, ...ALL)),
        /A CanaryAction is written once: create a new one instead of changing it/,
      );
      assert.match(
        await refusal(patch('olga', { spec: { verb: 'promote' } })),
        /cannot patch resource "canaryactions"/,
      );
      const done = { status: { state: 'Done' } };
      assert.match(
        await refusal(patch('olga', done, '--subresource=status')),
        /cannot (get|patch) resource "canaryactions\/status"/,
      );
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
