import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CanaryStatus, parseCanaryStatus } from '#src/api/canary-status.ts';
import { PHASES } from '#src/api/words.ts';
import { entryFor } from '#src/flagger/field-entry.ts';
import { handedBackStatus, projectStatus, statusEntries, withStalled } from '#src/flagger/project-status.ts';
import { at, listAt } from '#src/lib/json.ts';
import { canaryFields, flaggerSchema } from './crd.ts';

const SINCE = '2026-01-01T00:00:00Z';
const condition = (type: string, status: string, reason: string, message = 'words') => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: SINCE,
  observedGeneration: 1,
});

const aStatus = (fields: Readonly<Record<string, unknown>> = {}): CanaryStatus =>
  parseCanaryStatus({
    phase: 'Progressing',
    canaryWeight: 25,
    failedChecks: 1,
    lastTransitionTime: SINCE,
    desired: { revision: 'b', hash: 'b'.repeat(64), since: SINCE },
    stable: { revision: 'a', hash: 'a'.repeat(64), images: {}, since: SINCE },
    conditions: [condition('Promoted', 'Unknown', 'Progressing'), condition('Stalled', 'False', 'Progressing')],
    ...fields,
  });

test('the status has Flagger’s shape, and nothing that its CRD does not know', () => {
  const status = projectStatus(undefined, { status: aStatus(), trackedConfigs: { 'configmap/settings': 'abc' } });
  assert.deepEqual(status, {
    phase: 'Progressing',
    failedChecks: 1,
    canaryWeight: 25,
    iterations: 0,
    trackedConfigs: { 'configmap/settings': 'abc' },
    lastAppliedSpec: `serin:${'b'.repeat(16)}`,
    lastPromotedSpec: `serin:${'a'.repeat(16)}`,
    lastTransitionTime: SINCE,
    conditions: [
      {
        type: 'Promoted',
        status: 'Unknown',
        reason: 'Progressing',
        message: 'words',
        lastTransitionTime: SINCE,
        lastUpdateTime: SINCE,
      },
    ],
  });
  const known = canaryFields('status').map(({ path }) => path);
  for (const name of Object.keys(status)) assert.ok(known.includes(`status.${name}`), name);
});

test('every phase is one of Flagger’s', () => {
  const phases = listAt(flaggerSchema('canaries'), 'properties', 'status', 'properties', 'phase', 'enum');
  assert.deepEqual(
    PHASES.filter((phase) => !phases.includes(phase)),
    [],
  );
});

test('every field of the status has an entry', () => {
  for (const { path } of canaryFields('status')) assert.ok(entryFor(statusEntries, path), path);
});

test('cookies are shown in a run that keeps clients on their side, and gone after it', () => {
  const affinity = { cookie: 'session', primaryCookie: 'session-primary', version: 'b-1' };
  const run = {
    id: 'b-1',
    revision: 'b',
    hash: 'b'.repeat(64),
    previous: 'a',
    strategy: 'canary',
    startedAt: SINCE,
    stage: 'shifting',
    stageSince: SINCE,
    step: 1,
    weight: { set: 25, since: SINCE },
    affinity,
  };
  const during = projectStatus(undefined, { status: aStatus({ run }), trackedConfigs: {} });
  assert.equal(during['sessionAffinityCookie'], 'session=b-1');
  assert.equal(during['primarySessionAffinityCookie'], 'session-primary=b-1');
  assert.equal(projectStatus(during, { status: aStatus(), trackedConfigs: {} })['sessionAffinityCookie'], undefined);
});

test('Stalled is shown for as long as a person must act, the translation’s own words first', () => {
  const stuck = aStatus({
    conditions: [
      condition('Promoted', 'False', 'Failed'),
      condition('Stalled', 'True', 'RolledBack', 'was rolled back'),
    ],
  });
  const stalledIn = (status: unknown): unknown =>
    listAt(status, 'conditions').find((entry) => at(entry, 'type') === 'Stalled');
  assert.equal(
    at(stalledIn(projectStatus(undefined, { status: stuck, trackedConfigs: {} })), 'message'),
    'was rolled back',
  );
  const stalled = { reason: 'InvalidSpec', message: 'no', since: SINCE };
  assert.equal(
    at(stalledIn(projectStatus(undefined, { status: stuck, trackedConfigs: {}, stalled })), 'message'),
    'no',
  );
  assert.equal(stalledIn(projectStatus(undefined, { status: aStatus(), trackedConfigs: {} })), undefined);
});

test('a Canary that is not Serin’s keeps its status, but for what Serin tells', () => {
  const flaggers = {
    phase: 'Succeeded',
    lastAppliedSpec: '5978589476',
    conditions: [{ type: 'Promoted', status: 'True' }],
  };
  const told = withStalled(flaggers, { reason: 'Held', message: 'no', since: SINCE });
  assert.equal(told['lastAppliedSpec'], '5978589476');
  assert.deepEqual(
    listAt(told, 'conditions').map((entry) => at(entry, 'type')),
    ['Promoted', 'Stalled'],
  );
  assert.deepEqual(withStalled(told, undefined), flaggers);
  assert.equal(withStalled(flaggers, undefined), flaggers);
});

test('what is not known yet is kept as it is stored', () => {
  const before = projectStatus(undefined, { status: aStatus(), trackedConfigs: { 'secret/keys': 'abc' } });
  const after = projectStatus(before, { status: aStatus(), trackedConfigs: undefined });
  assert.deepEqual(after['trackedConfigs'], { 'secret/keys': 'abc' });
});

test('Flagger initializes once more what is handed back, and knows of no version', () => {
  const status = handedBackStatus(SINCE);
  assert.equal(status['phase'], 'Initializing');
  assert.equal(status['lastAppliedSpec'], undefined);
});
