import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutboxStatus } from '#src/api/canary-status.ts';
import { decide } from '#src/rollout/decide.ts';
import { messageOf } from '#src/rollout/message.ts';
import { timeText } from '#src/rollout/time.ts';
import { aCheck, anObserved, answered, aRun, aRunning, aShiftedRun, GIT_ON, T0 } from './an-observed.ts';

const entry = (topic: NonNullable<OutboxStatus['topic']>, run?: string): OutboxStatus => ({
  id: 'id-1',
  kind: 'message',
  topic,
  ...(run === undefined ? {} : { run }),
  provider: 'shop/slack',
  state: 'Pending',
  attempts: 0,
  since: timeText(T0),
});

test('a take-over', () => {
  assert.deepEqual(messageOf(anObserved(), entry('initialized')), {
    id: 'id-1',
    topic: 'initialized',
    severity: 'info',
    cluster: 'eu-1',
    canary: { namespace: 'shop', name: 'podinfo' },
    target: 'Deployment/podinfo.shop',
    title: 'podinfo v1: taken over',
    text: 'podinfo-primary serves it. The next push is judged before it serves.',
    fields: [{ title: 'Image podinfo', value: 'registry.example.com/podinfo:v1' }],
    at: T0,
  });
});

test('a start', () => {
  const run = aRun({ source: { commit: 'a1b2c3d' } });
  const message = messageOf(aRunning(run), entry('started', run.id));
  assert.equal(message?.title, 'podinfo v1 → v2: run started');
  assert.equal(message?.text, 'It gets 5, 10, 25, 50 % of the traffic, judged by request-success-rate.');
  assert.deepEqual(
    message?.fields.map(({ title }) => title),
    ['Run', 'Image podinfo', 'Source', 'Failed checks threshold', 'Progress deadline'],
  );
});

test('an outcome, with its reason and what comes next', () => {
  const run = aShiftedRun(2, 20);
  const effects = answered(run, T0 + 13_000, [aCheck('fail')]);
  const textWith = (git: Parameters<typeof aRunning>[1]): string | undefined => {
    const observed = aRunning(run, { effects, status: { failedChecks: 1 }, ...git });
    const status = decide(observed, T0 + 13_000).status;
    const message = messageOf({ ...observed, status }, entry('outcome', run.id));
    assert.deepEqual([message?.severity, message?.title], ['error', 'podinfo v1 → v2: rolled back']);
    assert.equal(message?.run?.outcome, 'RolledBack');
    return message?.text.replace(/^.*failed windows\)\. /, '');
  };
  assert.equal(textWith({ git: GIT_ON }), 'Its images are going to be put back in Git.');
  assert.equal(
    textWith({ git: { ...GIT_ON, onFailure: 'record' } }),
    'It is recorded in Git; push a fix or revert it there.',
  );
  assert.equal(textWith({}), 'Git still asks for it: push a fix or revert it there.');
});

test('a hold names its reason, and is no longer told once it is over', () => {
  const held = aShiftedRun(2, 20, { held: 'No evidence for 10 min: request-success-rate: no requests' });
  const message = messageOf(aRunning(held), entry('held', held.id));
  assert.equal(message?.title, 'podinfo v1 → v2: held at 20 %');
  assert.match(message?.text ?? '', /^No evidence for 10 min/);
  assert.equal(messageOf(aRunning(aShiftedRun(2, 20)), entry('held', held.id)), undefined);
});

test('a run that nobody remembers is not told of', () => {
  assert.equal(messageOf(anObserved(), entry('outcome', 'v9-9')), undefined);
  assert.equal(messageOf(anObserved(), entry('git', 'v9-9')), undefined);
});
