import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import { CAPS } from '#src/rollout/limits.ts';
import { aRunning, aShiftedRun } from '../an-observed.ts';
import { anAction, asking, decided, echoes, NOW } from './an-action.ts';

const run = aShiftedRun(3, 25);

test('what comes in one batch is done in its order, and an end is the end', () => {
  const actions = [
    anAction({ name: 'a', verb: 'pause' }),
    anAction({ name: 'b' }),
    anAction({ name: 'c', verb: 'resume' }),
  ];
  const decision = decided(asking(aRunning(run), ...actions));
  assert.deepEqual(echoes(decision), [
    'Done: Run v2-1 is paused at 25 % by alice@example.com',
    'Done: Run v2-1 is aborted by alice@example.com; podinfo-primary gets all traffic',
    'Refused: Cannot resume podinfo: run v2-1 is over: Aborted',
  ]);
  assert.deepEqual(
    decision.status.run?.actions?.map(({ verb }) => verb),
    ['pause', 'abort'],
  );
});

test('however many come, each has its turn, and answers are forgotten only when they are told', () => {
  let observed = aRunning(run);
  const actions = Array.from({ length: 70 }, (_, index) => anAction({ name: `a${index}`, run: 'v9-9' }));
  const told = new Set<string>();
  for (let turns = 0; turns < 10; turns++) {
    const decision = decide(asking(observed, ...actions), NOW);
    observed = { ...observed, status: decision.status };
    for (const action of decision.after) if (action.type === 'answerAction') told.add(action.name);
  }
  assert.equal(told.size, CAPS.handled, 'while no echo is seen, no more is done than can be remembered');
  for (let turns = 0; turns < 10; turns++) {
    const left = actions.filter(({ name }) => !told.has(name));
    const decision = decide(asking(observed, ...left), NOW);
    observed = { ...observed, status: decision.status };
    for (const action of decision.after) if (action.type === 'answerAction') told.add(action.name);
  }
  assert.equal(told.size, 70);
  assert.equal(observed.status.handled?.length, CAPS.handled);
  assert.equal(observed.status.handled?.at(-1)?.name, 'a69');
  assert.equal(observed.status.handled?.[0]?.message, undefined);
});

test('where actions cannot be read, nothing of their answers is forgotten', () => {
  const { status } = decide(asking(aRunning(run), anAction({ verb: 'pause' })), NOW);
  const blind = decide({ ...aRunning(run), status }, NOW);
  assert.deepEqual(blind.status.handled, status.handled);
});

test('long texts and control characters of a person are cut to one line', () => {
  const reason = `\u001b[2Jx${'y'.repeat(2_000)}`;
  const { status } = decide(asking(aRunning(run), anAction({ reason, requestedBy: 'z'.repeat(500) })), NOW);
  const [entry] = status.run?.actions ?? [];
  assert.equal(entry?.by.length, CAPS.text);
  assert.match(entry?.reason ?? '', /^\[2Jxy+…$/);
  assert.ok((status.run?.sentence?.length ?? 0) <= CAPS.sentence);
});
