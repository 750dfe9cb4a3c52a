import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HookStatus, OutboxStatus, RunNotes } from '#src/api/canary-status.ts';
import { decide } from '#src/rollout/decide.ts';
import type { NotedView, Observed } from '#src/rollout/observed.ts';
import { timeText } from '#src/rollout/time.ts';
import { aHistory, anObserved, aStatus, SPEC, T0 } from './an-observed.ts';
import { aHook, answeredAt } from './hooks/a-hook.ts';
import { shown } from './shown.ts';

const answerOf = (name: string): HookStatus => ({
  name,
  type: 'post-rollout',
  at: timeText(T0),
  calls: 1,
  passed: true,
  detail: 'HTTP 200',
});

/** Run `v2-1` has ended, `notes` are known of it, and its record tells `noted`. */
const known = (notes: RunNotes, noted?: NotedView): Observed =>
  anObserved({
    status: { phase: 'Failed', history: [aHistory(notes)] },
    recorded: ['v2-1'],
    noted: noted === undefined ? {} : { 'v2-1': noted },
  });

const asked = (observed: Observed): readonly string[] => shown(decide(observed, T0)).after;

test('what became known of a run is noted in its record once', () => {
  const both = { commit: 'a1b2c3d', hooks: [answerOf('chat'), answerOf('clean up')] };
  assert.deepEqual(asked(known({})), []);
  assert.deepEqual(asked(known({ commit: 'a1b2c3d' })), ['noteRun v2-1 commit']);
  assert.deepEqual(asked(known({ commit: 'a1b2c3d' }, { fields: ['commit'], hooks: [] })), []);
  assert.deepEqual(asked(known({ unwritten: 'main is protected' })), ['noteRun v2-1 unwritten']);
  assert.deepEqual(asked(known({ commit: 'a1b2c3d', pullRequest: 'https://git.example.com/pr/7' })), [
    'noteRun v2-1 commit pullRequest',
  ]);
  assert.deepEqual(asked(known(both, { fields: ['commit', 'hooks'], hooks: ['chat'] })), ['noteRun v2-1 commit hooks']);
  assert.deepEqual(asked(known(both, { fields: ['commit', 'hooks'], hooks: ['chat', 'clean up'] })), []);
});

test('a record that tells more than the status has kept is left alone, one that is gone too', () => {
  assert.deepEqual(asked(known({}, { fields: ['commit', 'hooks'], hooks: ['chat'] })), []);
  assert.deepEqual(asked({ ...known({ commit: 'a1b2c3d' }), recorded: [] }), []);
});

test('several runs are noted one after the other, the newest first', () => {
  const history = ['v4-3', 'v3-2', 'v2-1'].map((id) => aHistory({ id, commit: id }));
  const observed = { ...anObserved({ status: { history } }), recorded: ['v2-1', 'v3-2', 'v4-3'] };
  assert.deepEqual(asked(observed), ['noteRun v4-3 commit']);
  const told: NotedView = { fields: ['commit'], hooks: [] };
  assert.deepEqual(asked({ ...observed, noted: { 'v4-3': told } }), ['noteRun v3-2 commit']);
});

test('the answer of a hook that was called after a run is kept with it and noted, a failure told beside', () => {
  const entry: OutboxStatus = {
    id: 'a',
    kind: 'hook',
    hook: 'chat',
    run: 'v2-1',
    state: 'Pending',
    attempts: 0,
    since: timeText(T0),
  };
  const observed: Observed = {
    ...anObserved({ spec: { ...SPEC, analysis: { ...SPEC.analysis, webhooks: [aHook('chat', 'post-rollout')] } } }),
    status: aStatus({ phase: 'Failed', history: [aHistory({ unwritten: 'main is protected' })], outbox: [entry] }),
    recorded: ['v2-1'],
    noted: { 'v2-1': { fields: ['unwritten'], hooks: [] } },
    effects: new Map([['hook/a', answeredAt(T0 + 700, false, 'HTTP 500')]]),
  };
  const decision = decide(observed, T0 + 1_000);
  assert.deepEqual(decision.status.history[0], {
    ...aHistory({ unwritten: 'main is protected' }),
    hooks: [
      {
        name: 'chat',
        type: 'post-rollout',
        at: timeText(T0 + 700),
        calls: 1,
        failures: 1,
        passed: false,
        detail: 'HTTP 500',
      },
    ],
  });
  assert.deepEqual(decision.status.outbox, []);
  const { after, events } = shown(decision);
  assert.deepEqual([after, events], [['noteRun v2-1 unwritten hooks'], ['HookFailed']]);
});
