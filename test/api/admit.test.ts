import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Admitted, admit, admitUpdate } from '#src/api/admit.ts';
import { at } from '#src/lib/json.ts';
import { canaryExample, SPECS } from './example.ts';

const object = (kind: string, spec: unknown = SPECS[kind]): Record<string, unknown> => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind,
  metadata: { name: 'podinfo', namespace: 'shop' },
  spec,
});
const told = (result: Admitted): readonly string[] =>
  result.ok ? [] : result.problems.map(({ where, message, reason }) => `${reason} ${where}: ${message}`);
const toldOf = (spec: unknown): readonly string[] => told(admit({ ...canaryExample, spec }));

test('gives a Canary back with its defaults', () => {
  const result = admit(canaryExample);
  assert.ok(result.ok);
  const spec = result.object['spec'];
  assert.equal(at(spec, 'progressDeadlineSeconds'), 600);
  assert.equal(at(spec, 'service', 'portName'), 'http');
  assert.equal(at(spec, 'analysis', 'maxWeight'), 100);
  assert.equal(at(spec, 'analysis', 'metrics', 0, 'dryRun'), false);
  assert.equal(at(spec, 'git', 'onSuccess'), 'record');
  assert.deepEqual(result.object.metadata, canaryExample.metadata);
});

test('leaves out what only the controller may fill in', () => {
  const { threshold: _, ...analysis } = canaryExample.spec.analysis;
  const result = admit({ ...canaryExample, spec: { ...canaryExample.spec, analysis } });
  assert.ok(result.ok);
  assert.equal(at(result.object, 'spec', 'analysis', 'threshold'), undefined);
});

test('takes the smallest spec of each kind that has one', () => {
  for (const kind of Object.keys(SPECS)) {
    assert.deepEqual(told(admit(object(kind))), [], kind);
  }
});

test('passes a status through', () => {
  const result = admit({ ...canaryExample, status: { phase: 'Initialized' } });
  assert.ok(result.ok);
  assert.deepEqual(result.object['status'], { phase: 'Initialized' });
});

test('names an unknown field and the known one that is near', () => {
  const { analysis, service } = canaryExample.spec;
  assert.deepEqual(toldOf({ ...canaryExample.spec, analysis: { ...analysis, stepWeigths: [5] } }), [
    'InvalidSpec spec.analysis.stepWeigths: Unknown field stepWeigths: did you mean stepWeights?',
  ]);
  assert.deepEqual(
    toldOf({ ...canaryExample.spec, service: { ...service, gatewayRefs: [{ name: 'edge', zone: 'a' }] } }),
    [
      'InvalidSpec spec.service.gatewayRefs[0].zone: Unknown field zone: known here are group, kind, name, namespace, port, sectionName',
    ],
  );
});

test('says of every wrong value where it is, what was found and what would be right', () => {
  const { analysis, service } = canaryExample.spec;
  const spec = {
    targetRef: { name: 'a'.repeat(56) },
    service: { ...service, port: '80', targetPort: true, hosts: ['https://shop.example.com'] },
    analysis: {
      ...analysis,
      interval: '30 s',
      judge: 'evidenc',
      stepWeights: [0, 5.5],
      metrics: [{ name: 'request-duration', thresholdRange: { max: '500' }, failureLimit: 101 }],
      alerts: 'slack',
    },
    pinImages: 'yes',
    git: { repositoryRef: { name: 'Config' } },
  };
  assert.deepEqual(toldOf(spec).toSorted(), [
    'InvalidSpec spec.analysis.alerts: Found "slack": want a list of up to 20 items',
    'InvalidSpec spec.analysis.interval: Found "30 s": want a duration such as 30s or 1m30s',
    'InvalidSpec spec.analysis.judge: Found "evidenc": want one of threshold, evidence',
    'InvalidSpec spec.analysis.metrics[0].failureLimit: Found 101: want a whole number from 1 to 100',
    'InvalidSpec spec.analysis.metrics[0].thresholdRange.max: Found "500": want a number',
    'InvalidSpec spec.analysis.stepWeights[0]: Found 0: want a whole number from 1 to 100',
    'InvalidSpec spec.analysis.stepWeights[1]: Found 5.5: want a whole number from 1 to 100',
    'InvalidSpec spec.git.path: Required field is missing: want text of 1 to 512 characters',
    'InvalidSpec spec.git.repositoryRef.name: Found "Config": want the name of an object: lower-case letters, digits, "-" and "."',
    'InvalidSpec spec.pinImages: Found "yes": want true or false',
    'InvalidSpec spec.service.hosts[0]: Found "https://shop.example.com": want a host name such as shop.example.com or *.example.com, without scheme and port',
    'InvalidSpec spec.service.port: Found "80": want a whole number from 1 to 65535',
    'InvalidSpec spec.service.targetPort: Found true: want a port number from 1 to 65535 or the name of a port',
    `InvalidSpec spec.targetRef.name: Found "${'a'.repeat(56)}": want a name of at most 55 characters, so that "-primary" fits behind it`,
  ]);
});

test('says what is missing altogether', () => {
  assert.deepEqual(toldOf(undefined), ['InvalidSpec spec: Required field is missing: want an object']);
  assert.deepEqual(toldOf({}), [
    'InvalidSpec spec.targetRef: Required field is missing: want an object',
    'InvalidSpec spec.service: Required field is missing: want an object',
    'InvalidSpec spec.analysis: Required field is missing: want an object',
  ]);
  assert.deepEqual(toldOf({ ...canaryExample.spec, analysis: null }), [
    'InvalidSpec spec.analysis: Found null: want an object',
  ]);
});

test('refuses a name that stands twice in a list', () => {
  const metric = { name: 'request-success-rate', thresholdRange: { min: 99 } };
  const analysis = { ...canaryExample.spec.analysis, metrics: [metric, { ...metric, interval: '1m' }] };
  assert.deepEqual(toldOf({ ...canaryExample.spec, analysis }), [
    'InvalidSpec spec.analysis.metrics[1].name: Found "request-success-rate" twice: want each one once',
  ]);
  const service = { ...canaryExample.spec.service, hosts: ['a.example.com', 'b.example.com', 'a.example.com'] };
  assert.deepEqual(toldOf({ ...canaryExample.spec, service }), [
    'InvalidSpec spec.service.hosts[2]: Found "a.example.com" twice: want each one once',
  ]);
});

test('never repeats what may be a secret', () => {
  const results = [
    admit(object('NotificationProvider', { type: 'slack', address: 'hooks.slack.com/services/T0/B0/hunter2' })),
    admit(object('Repository', { url: 'https://me:hunter2 @git.example.com/x' })),
    admit(object('Repository', { url: 'https://me:hunter2@git.example.com/x' })),
    admit(object('AnalysisTemplate', { query: 'up', provider: { headers: { Authorization: ['hunter2'] } } })),
    admit(object('AnalysisTemplate', { query: 'up', provider: { headers: 'hunter2' } })),
  ];
  for (const result of results) {
    assert.equal(told(result).length, 1);
    assert.doesNotMatch(told(result).join(), /hunter2/);
  }
});

test('refuses what is no object of ours', () => {
  assert.deepEqual(told(admit('podinfo')), ['InvalidSpec : Found no object: want a Kubernetes object']);
  assert.deepEqual(told(admit({ ...canaryExample, apiVersion: 'flagger.app/v1beta1' })), [
    'InvalidSpec apiVersion: Found "flagger.app/v1beta1": want serin.dev/v1alpha1',
  ]);
  assert.deepEqual(told(admit({ ...canaryExample, kind: 'Canry' })), [
    'InvalidSpec kind: Found "Canry": want one of Canary, CanaryRun, CanaryAction, AnalysisTemplate, ClusterAnalysisTemplate, NotificationProvider, Repository',
  ]);
  assert.deepEqual(told(admit({ ...canaryExample, specs: {}, analysis: {} })), [
    'InvalidSpec specs: Unknown field specs: did you mean spec?',
    'InvalidSpec analysis: Unknown field analysis: want it below spec',
  ]);
  assert.deepEqual(told(admit({ ...canaryExample, metadata: {} })), [
    'InvalidSpec metadata.name: Required field is missing: want a name',
  ]);
});

test('holds the name of a Canary to what fits into a label', () => {
  const named = (length: number): Admitted => admit({ ...canaryExample, metadata: { name: 'a'.repeat(length) } });
  assert.deepEqual(told(named(63)), []);
  assert.deepEqual(told(named(64)), ['InvalidSpec metadata.name: Found a name of 64 characters: want at most 63']);
});

test('lets nobody change a CanaryRun', () => {
  const first = admit(object('CanaryRun'));
  assert.ok(first.ok);
  const spec = { ...SPECS['CanaryRun'], outcome: 'Promoted' };
  assert.deepEqual(told(admitUpdate(object('CanaryRun', spec), first.object)), [
    'InvalidSpec spec: A CanaryRun is written once: create a new one instead of changing it',
  ]);
  assert.deepEqual(told(admitUpdate({ ...object('CanaryRun'), status: { commit: 'a1b2c3d' } }, first.object)), []);
});

test('lets nobody change a CanaryAction', () => {
  const old = {
    apiVersion: 'serin.dev/v1alpha1',
    kind: 'CanaryAction',
    metadata: { name: 'a' },
    spec: SPECS['CanaryAction'],
  };
  const changed = told(admitUpdate(object('CanaryAction', { ...SPECS['CanaryAction'], verb: 'promote' }), old));
  assert.ok(
    changed.includes('InvalidSpec spec: A CanaryAction is written once: create a new one instead of changing it'),
  );
  const kept = told(admitUpdate(object('CanaryAction'), old));
  assert.equal(
    kept.some((text) => text.includes('written once')),
    false,
  );
});

test('lets a Canary change', () => {
  const first = admit(canaryExample);
  assert.ok(first.ok);
  const spec = { ...canaryExample.spec, canaryReplicas: 'full' };
  assert.deepEqual(told(admitUpdate({ ...canaryExample, spec }, first.object)), []);
});
