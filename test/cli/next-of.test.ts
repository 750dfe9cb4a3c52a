import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanaryStatus, GateStatus, RunStatus } from '#src/api/canary-status.ts';
import { nextOf } from '#src/cli/view/next-of.ts';
import { progressing, promoted } from './a-cluster.ts';
import { NOW } from './run-serin.ts';

const at = new Date(NOW).toISOString();
const withRun = (parts: Partial<RunStatus>): CanaryStatus => {
  const { run, ...status } = progressing();
  return { ...status, run: { ...(run ?? assert.fail()), ...parts } };
};
const action = (status: CanaryStatus): string => {
  const { action: what, commands = [] } = nextOf(status, 'podinfo');
  return [what, ...commands].join(' | ');
};
const gate: GateStatus = { name: 'load-test', type: 'confirm-promotion', step: 1, since: at, state: 'Waiting' };

test('where a person is waited for, the command that helps is named', () => {
  const next = { action: 'promotion once gate "load-test" is open' };
  assert.equal(
    action(withRun({ gates: [gate], next })),
    'promotion once gate "load-test" is open | serin approve podinfo load-test | serin reject podinfo load-test',
  );
  const paused = { action: 'paused until somebody resumes it; rollback if the checks fail' };
  assert.equal(
    action(withRun({ paused: { since: at, by: 'bob' }, next: paused })),
    'paused until somebody resumes it; rollback if the checks fail | serin resume podinfo',
  );
  assert.equal(
    action(withRun({ paused: { since: at }, next: { action: 'paused until spec.suspend is false' } })),
    'paused until spec.suspend is false',
  );
  assert.equal(
    action(withRun({ held: 'No evidence for 10 min' })),
    'a person decides: No evidence for 10 min | serin promote podinfo | serin abort podinfo',
  );
});

test('a rejected revision that Git asks for can be run again', () => {
  const [entry] = promoted().history;
  assert.ok(entry);
  const sentence = 'Rolled back at 10 %: it is bad';
  const history = [{ ...entry, id: 'v3-2', revision: 'v3', outcome: 'RolledBack' as const, sentence }];
  const desired = { revision: 'v3', hash: 'h', since: at, run: 'v3-2' };
  assert.equal(
    action({ ...promoted(), desired, history }),
    'waits for another revision: Rolled back at 10 %: it is bad | serin retry podinfo',
  );
  assert.equal(action({ ...promoted(), desired: { ...desired, revision: 'v2' }, history }), 'waits for a new revision');
});

test('the rest says what it says', () => {
  assert.equal(action(promoted()), 'waits for a new revision');
  assert.equal(action(progressing()), '50 % if the checks hold, rollback if they do not');
  assert.equal(action({ conditions: [], quarantine: [], outbox: [], history: [] }), 'takes the target over');
});
