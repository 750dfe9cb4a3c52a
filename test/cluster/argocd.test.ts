// deploy/argocd: its Lua is run as Argo CD runs it, on objects whose status Serin's own core has decided; what patches an
// Application is asked of Argo CD's own CRD where there is an API server and that CRD.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { load } from 'js-yaml';
import { admit } from '#src/api/admit.ts';
import type { CanaryStatus } from '#src/api/canary-status.ts';
import { at, isRecord, type JsonRecord, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import { decide } from '#src/rollout/decide.ts';
import type { Observed } from '#src/rollout/observed.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { anObserved, aRevision, aRunning, aShiftedRun, askedInVain, aWorkload, T0 } from '#test/rollout/an-observed.ts';
import { kubectl, missing, programPath, untilServed } from './admin.ts';
import { run } from './parts/run.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const APPLICATION_CRD = join(ROOT, '..', 'shared', 'crds', 'applications.argoproj.io.yaml');
const yaml = (path: string): unknown => load(readFileSync(join(ROOT, path), 'utf8'));

const settings = recordAt(yaml('deploy/argocd/argocd-cm.yaml'), 'data');
const health = String(settings['resource.customizations.health.serin.dev_Canary']);
const actions = load(String(settings['resource.customizations.actions.serin.dev_Canary']));

const lua = process.env['SERIN_CLUSTER_BIN'] ? programPath('lua') : '';
describe('Lua for Argo CD', { skip: existsSync(lua) ? false : 'SERIN_CLUSTER_BIN has no lua' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'serin-lua-'));
  after(() => rmSync(folder, { recursive: true }));

  const runLua = async (script: string, object: unknown): Promise<unknown> => {
    const file = join(folder, 'script.lua');
    writeFileSync(file, script);
    return JSON.parse(await run([lua, file], { input: JSON.stringify(object) }));
  };
  const healthOf = (object: unknown): Promise<unknown> => runLua(health, object);

  const canary = (status?: CanaryStatus, { generation = 1, spec = {} } = {}): JsonRecord => {
    const plain = aCanary();
    return {
      ...plain,
      metadata: { ...plain.metadata, generation },
      spec: { ...recordAt(plain, 'spec'), ...spec },
      ...(status && { status }),
    };
  };
  const decided = (observed: Observed): JsonRecord =>
    canary(decide(observed, T0).status, { generation: observed.canary.generation });
  const rejected = askedInVain();
  const paused = anObserved({
    target: { uid: 'uid-t', deleting: false, replicas: 0, readyReplicas: 0, waiting: 'it is paused', isStuck: true },
  });
  const takingOver = anObserved({
    status: { phase: 'Initializing' },
    target: { uid: 'uid-t', deleting: false, replicas: 3, readyReplicas: 3, revision: aRevision('v1') },
    primary: aWorkload('v1', { ready: false, readyReplicas: 0 }),
  });

  for (const [name, object, wanted, message] of [
    ['that Serin has not seen', canary(), 'Progressing', /^Waiting for Serin$/],
    [
      'whose change Serin has not seen',
      canary(decide(anObserved(), T0).status, { generation: 9 }),
      'Progressing',
      /see the change/,
    ],
    ['that is being taken over', decided(takingOver), 'Progressing', /^Waiting for podinfo-primary to be ready/],
    ['that is idle', decided(anObserved()), 'Healthy', /^podinfo-primary serves revision v1$/],
    ['in a run', decided(aRunning(aShiftedRun(0, 5))), 'Healthy', /^Run .* is at 5 %/],
    ['whose version was rolled back', decided(rejected), 'Degraded', /Rolled back at 25 % after 52 s: it is bad/],
    ['that waits for a person', decided(paused), 'Degraded', /it is paused/],
    [
      'whose primary is gone',
      decided(anObserved({ primary: aWorkload('v1', { readyReplicas: 0, endpoints: 0, ready: false }) })),
      'Degraded',
      /podinfo-primary has no ready pod/,
    ],
    ['that is suspended', canary(undefined, { spec: { suspend: true } }), 'Suspended', /suspended/],
  ] as const) {
    test(`a Canary ${name} is ${wanted}`, async () => {
      const result = await healthOf(object);
      assert.equal(at(result, 'status'), wanted, JSON.stringify(result));
      assert.match(stringAt(result, 'message') ?? '', message);
    });
  }

  test('the action that is offered is one that Serin admits and acts on', async () => {
    const discovery = stringAt(actions, 'discovery.lua') ?? '';
    const [definition] = listAt(actions, 'definitions');
    const name = stringAt(definition, 'name') ?? '';
    assert.deepEqual(await runLua(discovery, canary()), []);
    const git = { repositoryRef: { name: 'config' }, path: 'apps/podinfo', onSuccess: 'record' };
    const writing = canary(undefined, { spec: { git } });
    assert.deepEqual(await runLua(discovery, writing), { [name]: { disabled: false } });
    const acted = await runLua(stringAt(definition, 'action.lua') ?? '', writing);
    assert.deepEqual(recordAt(acted, 'spec', 'git'), { ...git, onFailure: 'none', onSuccess: 'none' });
    const admitted = admit(acted);
    assert.equal('problems' in admitted ? JSON.stringify(admitted.problems) : '', '');
    assert.deepEqual(await runLua(discovery, acted), { [name]: { disabled: true } });
  });
});

describe('the Application', () => {
  const patch = yaml('deploy/argocd/application.yaml');

  test('leaves out of a difference what the policies hold', () => {
    assert.deepEqual(
      listAt(patch, 'spec', 'ignoreDifferences').map((one) => `${stringAt(one, 'kind')} ${stringAt(one, 'name')}`),
      ['Deployment podinfo', 'Service podinfo', 'HTTPRoute podinfo', 'Ingress podinfo-canary'],
    );
  });

  const why =
    missing ?? (existsSync(APPLICATION_CRD) ? undefined : 'the CRD of Application is not beside the checkout');
  test('is admitted by Argo CD’s CRD', { skip: why ?? false }, async (t) => {
    t.after(() => kubectl(['delete', '--ignore-not-found', '-f', APPLICATION_CRD]));
    await kubectl(['apply', '--server-side', '-f', APPLICATION_CRD]);
    await untilServed('crd/applications.argoproj.io');
    const spec = {
      project: 'default',
      source: { repoURL: 'https://git.example.com/shop/config.git', path: 'apps' },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'shop' },
      ...(isRecord(patch) ? recordAt(patch, 'spec') : {}),
    };
    const application = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'shop', namespace: 'default' },
      spec,
    };
    await kubectl(['create', '--dry-run=server', '--validate=strict', '-f', '-'], {
      input: JSON.stringify(application),
    });
  });
});
