import assert from 'node:assert/strict';
import type { RunStatus } from '#src/api/canary-status.ts';
import { decide } from '#src/rollout/decide.ts';
import type { Decision } from '#src/rollout/decision.ts';
import type { ActionView, Observed } from '#src/rollout/observed.ts';
import { aRunning, T0 } from '../an-observed.ts';

/** A moment after the actions of the tests were written. */
export const NOW = T0 + 21_000;

/** Alice's action for run `v2-1`, written 20 s after it began. */
export const anAction = (parts: Partial<ActionView> = {}): ActionView => ({
  name: 'podinfo-abort-1',
  verb: 'abort',
  run: 'v2-1',
  requestedBy: 'alice@example.com',
  createdAt: T0 + 20_000,
  ...parts,
});

/** What is observed, with these actions waiting for their answers. */
export const asking = (observed: Observed, ...actions: readonly ActionView[]): Observed => ({ ...observed, actions });

/** The run with its canary not there yet. */
export const withoutSide = (run: RunStatus): Observed => {
  const { side: _side, ...observed } = aRunning(run);
  return observed;
};

/** What became of the actions: state and message of each. */
export const echoes = ({ after }: Decision): readonly string[] =>
  after.flatMap((action) => (action.type === 'answerAction' ? [`${action.state}: ${action.message}`] : []));

/** Decides, and decides again as if the controller had died before the answer was written: nothing is done twice. */
export const decided = (observed: Observed, now = NOW): Decision => {
  const first = decide(observed, now);
  const again = decide({ ...observed, status: first.status }, now);
  assert.deepEqual(again.status.handled, first.status.handled);
  assert.deepEqual(again.status.run?.actions, first.status.run?.actions);
  assert.deepEqual(echoes(again), echoes(first), 'the answer is written again while it is missing');
  assert.ok(!again.events.some(({ reason }) => reason === 'ActionTaken' || reason === 'ActionRefused'));
  return first;
};
