import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunStatus } from '#src/api/canary-status.ts';
import { OUTCOMES, type Outcome } from '#src/api/words.ts';
import { decide } from '#src/rollout/decide.ts';
import { askRollback } from '#src/rollout/hooks/ask-rollback.ts';
import { eventHooks } from '#src/rollout/hooks/event-hooks.ts';
import { hookEffect, payloadOf } from '#src/rollout/hooks/hook-effect.ts';
import { noteAnswer } from '#src/rollout/hooks/note-answer.ts';
import { callAfter, entriesAfter } from '#src/rollout/hooks/post-rollout.ts';
import { preRollout } from '#src/rollout/hooks/pre-rollout.ts';
import { tellInconclusive } from '#src/rollout/hooks/tell-inconclusive.ts';
import { windowHooks } from '#src/rollout/hooks/window-hooks.ts';
import { timeText } from '#src/rollout/time.ts';
import { aHistory, anObserved, aRun, aShiftedRun, T0 } from '../an-observed.ts';
import { aHook, answeredAt, hooked, keysOf, knowing, running } from './a-hook.ts';

const keysIn = (effects: readonly { readonly key: string }[] = []): readonly string[] => effects.map(({ key }) => key);

test('a call has an id of its own, the same for every repeat of it', () => {
  const hook = aHook('load');
  const observed = hooked([hook]);
  const payload = payloadOf(observed, hook, { phase: 'Progressing', run: aRun() });
  const idOf = (key: string, parts = {}): string | undefined =>
    hookEffect({ ...observed, ...parts }, hook, { key, payload })?.id;
  assert.match(idOf('hook/a') ?? '', /^[0-9a-f]{64}$/);
  assert.equal(idOf('hook/a'), idOf('hook/a'));
  const others = [
    idOf('hook/b'),
    idOf('hook/a', { cluster: 'eu-2' }),
    idOf('hook/a', { canary: { ...observed.canary, uid: 'uid-2' } }),
  ];
  assert.equal(new Set([idOf('hook/a'), ...others]).size, 4);
});

test('what is told without a run is what serves', () => {
  const observed = anObserved();
  const payload = payloadOf(observed, {}, { phase: 'Initialized' });
  assert.deepEqual([payload.revision, payload.weight, payload.runId, payload.metadata], ['v1', 0, undefined, {}]);
  assert.match(payload.checksum, /^[0-9a-f]{10}$/);
});

test("no call of one hook is taken for another's, whatever their names", () => {
  const [a, b] = [aHook('a', 'rollback'), aHook('a/1', 'rollback')];
  const observed = hooked([a, b]);
  const [first = '', second = ''] = keysOf(askRollback(observed, T0, aRun()).effects);
  const seen = knowing(observed, { [second]: running });
  assert.deepEqual(keysOf(askRollback(seen, T0 + 10_000, aRun()).effects), [`hook/v2-1/1:a/${T0 + 10_000}`, second]);
  assert.notEqual(first, second);
});

test('rollback hooks are asked until the promotion begins, and noted only when they say something new', () => {
  const hook = aHook('back', 'rollback');
  for (const stage of ['scaling', 'shifting'] as const) {
    assert.equal(askRollback(hooked([hook]), T0, { ...aRun(), stage }).effects.length, 1, stage);
  }
  for (const stage of ['promoting', 'returning', 'ending'] as const) {
    assert.equal(askRollback(hooked([hook]), T0, { ...aRun(), stage }).effects.length, 0, stage);
  }
  const no = knowing(hooked([hook]), { [`hook/v2-1/4:back/${T0}`]: answeredAt(T0 + 1, false) });
  const { run } = askRollback(no, T0 + 1, aRun());
  assert.deepEqual(
    run.hooks?.map(({ calls, failures, passed }) => [calls, failures, passed]),
    [[1, undefined, false]],
  );
  const again = knowing(hooked([hook]), { [`hook/v2-1/4:back/${T0 + 10_000}`]: answeredAt(T0 + 10_001, false) });
  assert.equal(askRollback(again, T0 + 10_001, run).run, run);
});

test('a yes to roll back comes before whatever the run waits for', () => {
  const gate = aHook('qa', 'confirm-rollout');
  const observed = hooked([gate, aHook('back', 'rollback')]);
  const waiting = decide(observed, T0).status;
  assert.equal(waiting.phase, 'Waiting');
  const seen = knowing({ ...observed, status: waiting }, { [`hook/v2-1/4:back/${T0}`]: answeredAt(T0 + 1, true) });
  const { status, effects } = decide(seen, T0 + 2);
  assert.deepEqual([status.run?.outcome, status.run?.cause], ['RolledBack', 'RollbackHook']);
  assert.deepEqual(
    effects.filter(({ kind }) => kind === 'hook'),
    [],
    'nothing is asked of a run that is over',
  );
});

test('nothing is stored, scaled or exposed for a run that waits for its start, but its template', () => {
  const observed = hooked([aHook('qa', 'confirm-rollout')], aRun(), { side: undefined as never, pinned: ['v1'] });
  const { before, after, status } = decide(observed, T0);
  assert.deepEqual(
    [...before, ...after].map(({ type }) => type),
    ['pinRevision'],
  );
  assert.equal(status.run?.deadline, undefined, 'the time for its pods begins when they do');
});

test('pre-rollout hooks: called again an interval after a failure, under a key of their own', () => {
  const hook = aHook('smoke', 'pre-rollout');
  const observed = hooked([hook]);
  assert.deepEqual(keysIn(preRollout(observed, T0, aRun())?.effects), ['hook/v2-1/5:smoke/1']);
  const failed = knowing(observed, { 'hook/v2-1/5:smoke/1': answeredAt(T0 + 500, false, 'HTTP 500') });
  const turn = preRollout(failed, T0 + 500, aRun());
  assert.deepEqual([turn?.status.failedChecks, turn?.wakeAt], [1, T0 + 10_500]);
  const { run } = turn?.status ?? {};
  assert.ok(run);
  assert.deepEqual(keysIn(preRollout(observed, T0 + 10_499, run)?.effects), []);
  assert.deepEqual(keysIn(preRollout(observed, T0 + 10_500, run)?.effects), ['hook/v2-1/5:smoke/2']);
  const { consecutiveFailed } = run;
  assert.equal(consecutiveFailed, 1);
  const passed = knowing(observed, { 'hook/v2-1/5:smoke/2': answeredAt(T0 + 11_000, true) });
  const after = preRollout(passed, T0 + 11_000, run)?.status.run;
  assert.equal(after?.consecutiveFailed, undefined);
  assert.equal(after && preRollout(observed, T0 + 12_000, after), undefined, 'all have passed');
});

test('a canary that starts over does not call its pre-rollout hooks again', () => {
  const hook = aHook('smoke', 'pre-rollout');
  const run = noteAnswer(aRun(), hook, { passed: true, detail: 'HTTP 200', at: T0 });
  assert.equal(preRollout(hooked([hook]), T0 + 60_000, { ...run, restarts: 1 }), undefined);
});

const window = { from: T0 + 3_000, to: T0 + 13_000 };
const run: RunStatus = aShiftedRun(1, 5);

test('hooks of a window: not before it begins, wanted until it is judged, never while the run is paused', () => {
  const observed = hooked([aHook('load')], run);
  assert.deepEqual(keysOf(windowHooks(observed, T0 + 2_999, run, window).effects), []);
  const begun = windowHooks(observed, T0 + 3_000, run, window);
  assert.deepEqual(keysOf(begun.effects), [`hook/v2-1/4:load/${window.to}`]);
  assert.ok(begun.isPending);
  assert.deepEqual(
    begun.checks.map(({ name, verdict }) => [name, verdict]),
    [['hook "load"', 'noData']],
  );
  const paused = { ...run, paused: { since: timeText(T0) } };
  assert.deepEqual(windowHooks(observed, T0 + 5_000, paused, window).effects, []);
});

test('the answer of a window counts once; one that comes late counts for the next window', () => {
  const key = `hook/v2-1/4:load/${window.to}`;
  const observed = hooked([aHook('load')], run);
  const seen = knowing(observed, { [key]: answeredAt(T0 + 5_000, true) });
  const judged = windowHooks(seen, window.to, run, window);
  assert.deepEqual([judged.isPending, judged.checks[0]?.verdict], [false, 'pass']);
  const noted = judged.noted(run);
  const next = { from: window.to, to: window.to + 10_000 };
  assert.deepEqual(keysOf(windowHooks(seen, window.to, noted, next).effects), [`hook/v2-1/4:load/${next.to}`]);

  const slow = knowing(observed, { [key]: running });
  assert.deepEqual(keysOf(windowHooks(slow, next.from, run, next).effects), [key], 'never two at once');
  const late = knowing(observed, { [key]: answeredAt(window.to + 2_000, false, 'HTTP 500') });
  const heard = windowHooks(late, window.to + 2_000, run, next);
  assert.deepEqual(keysOf(heard.effects), [key]);
  assert.deepEqual(
    heard.checks.map(({ verdict, message }) => [verdict, message]),
    [['fail', 'HTTP 500']],
  );
});

test("an event hook is told each event with Flagger's words, which its own metadata cannot change", () => {
  const metadata = { team: 'shop', eventMessage: 'mine' };
  const observed = hooked([aHook('chat', 'event', { metadata }), aHook('load')]);
  const events = [
    { reason: 'RunStarted', note: 'Run v2-1 judges v1 → v2' },
    { reason: 'CheckFailed', note: 'it is bad' },
  ] as const;
  const calls = eventHooks(observed, { status: observed.status, events, now: T0 });
  assert.deepEqual(
    calls.map(({ loose, payload }) => [loose, payload.metadata]),
    [
      [true, { team: 'shop', eventMessage: events[0].note, eventType: 'Normal', timestamp: String(T0) }],
      [true, { team: 'shop', eventMessage: events[1].note, eventType: 'Warning', timestamp: String(T0) }],
    ],
  );
  assert.equal(new Set(keysOf(calls)).size, 2);
  assert.deepEqual(eventHooks(hooked([aHook('load')]), { status: observed.status, events, now: T0 }), []);
});

const PHASES: Readonly<Record<Outcome, string>> = {
  Promoted: 'Succeeded',
  FastPromoted: 'Succeeded',
  RolledBack: 'Failed',
  Aborted: 'Failed',
  Inconclusive: 'Failed',
  Superseded: 'Progressing',
  Withdrawn: 'Progressing',
};
for (const outcome of OUTCOMES) {
  test(`after a run that was ${outcome} its hooks are owed a call, in a phase that Flagger knows`, () => {
    const { canary } = hooked([aHook('clean up', 'post-rollout', { url: 'http://hooks.example.com/' })]);
    const run = aHistory({ outcome });
    const observed = anObserved({ status: { history: [run] } });
    const [entry] = entriesAfter({ ...observed, canary }, run);
    assert.ok(entry);
    const call = callAfter({ ...observed, canary }, entry, `hook/${entry.id}`);
    assert.deepEqual(
      [call?.payload.phase, call?.payload.outcome, call?.payload.runId],
      [PHASES[outcome], outcome, 'v2-1'],
    );
    const owing = { ...observed, status: { ...observed.status, outbox: [entry] } };
    const isAsked = keysIn(decide({ ...owing, canary }, T0).effects).includes(`hook/${entry.id}`);
    assert.ok(isAsked, 'as long as the status says so');
    assert.deepEqual(decide(owing, T0).status.outbox, [], 'a hook that is gone is owed nothing');
  });
}

test('on-inconclusive: once for each time that evidence is missing', () => {
  const hook = aHook('who', 'on-inconclusive');
  const held: RunStatus = { ...run, held: 'No evidence for 10 min', noDataSince: timeText(T0) };
  const observed = hooked([hook], held);
  const [key = ''] = keysOf(tellInconclusive(observed, held).effects);
  assert.equal(key, `hook/v2-1/3:who/${T0}`);
  const heard = tellInconclusive(knowing(observed, { [key]: answeredAt(T0 + 700_000, false, 'HTTP 500') }), held);
  assert.deepEqual([heard.effects, heard.events.map(({ reason }) => reason)], [[], ['HookFailed']]);
  assert.deepEqual(tellInconclusive(observed, heard.run).effects, []);
  const again = { ...heard.run, noDataSince: timeText(T0 + 800_000) };
  assert.equal(tellInconclusive(observed, again).effects.length, 1);
  assert.deepEqual(tellInconclusive(observed, run).effects, [], 'held for another reason, or not at all');
});
