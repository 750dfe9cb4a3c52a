import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanaryStatus, HistoryStatus, OutboxStatus } from '#src/api/canary-status.ts';
import { decide } from '#src/rollout/decide.ts';
import type { Effect, EffectState, GitResult } from '#src/rollout/effect.ts';
import { CAPS } from '#src/rollout/limits.ts';
import type { GitView, Observed } from '#src/rollout/observed.ts';
import { commit, tell } from '#src/rollout/outbox.ts';
import { timeText } from '#src/rollout/time.ts';
import {
  aCheck,
  aHistory,
  anObserved,
  answered,
  aRevision,
  aRunning,
  aShiftedRun,
  aStatus,
  GIT_ON,
  T0,
} from './an-observed.ts';
import { shown } from './shown.ts';

const operationOf = (git: GitView, run: HistoryStatus): Effect | undefined => {
  const observed = anObserved({ git });
  const status = { ...commit(observed, aStatus(), run), history: [run] };
  return decide({ ...observed, status }, T0).effects[0];
};

/** A Canary whose revert of run `v2-1` is on its way. */
const pending = (parts: Partial<CanaryStatus> = {}, state?: EffectState): Observed => {
  const observed = anObserved({ git: GIT_ON, alerts: [{ provider: 'shop/slack', severity: 'warn' }] });
  const status = {
    ...commit(observed, aStatus(), aHistory()),
    history: [aHistory()],
    phase: 'Failed' as const,
    ...parts,
  };
  const [entry] = status.outbox;
  const effects = state && entry ? new Map([[`commit/${entry.id}`, state]]) : new Map();
  return { ...observed, status, effects };
};
const answer = (git: GitResult): EffectState => ({ state: 'done', at: T0, result: { kind: 'commit', git } });
const gitSynced = ({ conditions }: CanaryStatus) => conditions.find(({ type }) => type === 'GitSynced');

test('verdict, commit and messages are one status write, and nothing leaves before it is stored', () => {
  const run = aShiftedRun(2, 20);
  const observed = aRunning(run, {
    git: GIT_ON,
    alerts: [{ provider: 'shop/slack', severity: 'info' }],
    status: { failedChecks: 1 },
    effects: answered(run, T0 + 13_000, [aCheck('fail')]),
  });
  const decision = decide(observed, T0 + 13_000);
  assert.deepEqual(
    decision.status.outbox.map(({ kind, state, run: of }) => [kind, state, of]),
    [
      ['revert', 'Pending', 'v2-1'],
      ['message', 'Pending', 'v2-1'],
    ],
  );
  assert.deepEqual(shown(decision).effects, [`measure/v2-1/2/${T0 + 13_000}`]);
  const next = decide({ ...observed, status: decision.status }, T0 + 13_000);
  assert.deepEqual(shown(next).effects, ['commit/…', 'notify/…']);
});

test('a revert names the images that the run changed, as they stand in Git', () => {
  const images = { podinfo: 'podinfo:2', sidecar: 'envoy:1', added: 'new:1' };
  const previousImages = { podinfo: 'podinfo:1', sidecar: 'envoy:1' };
  const effect = operationOf(GIT_ON, aHistory({ images, previousImages }));
  assert.ok(effect?.kind === 'commit');
  const { operation } = effect;
  assert.deepEqual(operation.edits, [{ container: 'podinfo', from: 'podinfo:2', to: 'podinfo:1' }]);
  assert.deepEqual([operation.kind, operation.via, operation.repository], ['revert', 'commit', 'shop/config']);
  assert.equal(operation.decidedAt, T0 + 1_000);
  assert.deepEqual(operation.target, { kind: 'Deployment', name: 'podinfo' });
});

test('what Git gets follows outcome and mode', () => {
  const kindOf = (git: GitView, run: HistoryStatus): string => {
    const effect = operationOf(git, run);
    return effect?.kind === 'commit' ? `${effect.operation.kind} by ${effect.operation.via}` : 'nothing';
  };
  const promoted = aHistory({ outcome: 'Promoted' });
  const cases: readonly (readonly [Partial<typeof GIT_ON>, HistoryStatus, string])[] = [
    [{}, promoted, 'record by commit'],
    [{ onSuccess: 'none' }, promoted, 'nothing'],
    [{ onFailure: 'none' }, aHistory(), 'nothing'],
    [{ onFailure: 'record' }, aHistory(), 'record by commit'],
    [{ onFailure: 'revert' }, aHistory(), 'revert by commit'],
    [{ onFailure: 'pullRequest' }, aHistory(), 'revert by pullRequest'],
    [{ onFailure: 'revertOrPullRequest' }, aHistory(), 'revert by commitOrPullRequest'],
    [{ onFailure: 'revert' }, aHistory({ previousImages: aRevision('v2').images }), 'record by commit'],
    [{}, aHistory({ outcome: 'Superseded' }), 'nothing'],
    [{}, aHistory({ outcome: 'Withdrawn' }), 'nothing'],
    [{}, aHistory({ outcome: 'Inconclusive' }), 'nothing'],
    [{}, aHistory({ outcome: 'Aborted' }), 'revert by commit'],
  ];
  for (const [git, run, wanted] of cases) assert.equal(kindOf({ ...GIT_ON, ...git }, run), wanted);
  assert.equal(kindOf({ mode: 'off' }, aHistory()), 'nothing');
});

test('the id is the same for the same decision, and another for any other', () => {
  const idOf = (run: HistoryStatus, git: GitView = GIT_ON): string | undefined =>
    commit(anObserved({ git }), aStatus(), run).outbox[0]?.id;
  assert.match(idOf(aHistory()) ?? '', /^[0-9a-f]{64}$/);
  assert.equal(idOf(aHistory()), idOf(aHistory({ endedAt: timeText(T0 + 99_000), sentence: 'other words' })));
  const others = [
    idOf(aHistory()),
    idOf(aHistory({ id: 'v2-2' })),
    idOf(aHistory({ outcome: 'Promoted' })),
    idOf(aHistory({ images: { podinfo: 'podinfo:9' } })),
    idOf(aHistory(), { ...GIT_ON, branch: 'next' }),
  ];
  assert.equal(new Set(others).size, others.length);
});

test('what Git answered is kept with the run, said once, and asked for no more', () => {
  const decision = decide(pending({}, answer({ state: 'Pushed', commit: 'a1b2c3d' })), T0);
  assert.deepEqual(decision.events, [{ reason: 'GitWritten', note: 'Revert of run v2-1 is commit a1b2c3d' }]);
  assert.deepEqual([decision.status.history[0]?.commit, decision.status.outbox], ['a1b2c3d', []]);
  assert.deepEqual(
    [gitSynced(decision.status)?.status, gitSynced(decision.status)?.message],
    ['True', 'Run v2-1 is in commit a1b2c3d'],
  );
  // As long as the stored status holds the entry the effect stays wanted: a refused write must not repeat it.
  assert.deepEqual(shown(decision).effects, ['commit/…']);
  const next = decide({ ...pending(), status: decision.status }, T0);
  assert.deepEqual([shown(next).effects, next.events], [[], []]);
});

test('a pull request is linked', () => {
  const result = answer({ state: 'PullRequest', url: 'https://git.example.com/pr/7', commit: 'a1b2c3d' });
  const decision = decide(pending({}, result), T0);
  assert.deepEqual(shown(decision).events, ['PullRequestOpened']);
  assert.equal(decision.status.history[0]?.pullRequest, 'https://git.example.com/pr/7');
  assert.equal(gitSynced(decision.status)?.reason, 'PullRequestOpened');
});

test('a refusal stays until a newer write succeeds, and is told', () => {
  const refused = decide(
    pending({}, answer({ state: 'Refused', reason: 'ProtectedBranch', detail: 'main is protected' })),
    T0,
  );
  assert.deepEqual(shown(refused).events, ['GitRefused']);
  const condition = gitSynced(refused.status);
  assert.deepEqual([condition?.status, condition?.reason], ['False', 'GitRefused']);
  assert.match(condition?.message ?? '', /Run v2-1: ProtectedBranch: main is protected/);
  assert.deepEqual(
    refused.status.outbox.map(({ kind, state, topic }) => [kind, state, topic]),
    [
      ['revert', 'Refused', undefined],
      ['message', 'Pending', 'git'],
    ],
  );
  const observed = { ...pending(), status: refused.status };
  const told = decide(observed, T0).effects[0];
  assert.ok(told?.kind === 'notify');
  assert.match(told.message.text, /main is protected/);

  const newer = aHistory({ id: 'v3-2', outcome: 'Promoted' });
  const status = commit(observed, { ...refused.status, history: [newer, ...refused.status.history] }, newer);
  const id = status.outbox.at(-1)?.id ?? '';
  const effects = new Map([[`commit/${id}`, answer({ state: 'Pushed', commit: 'd4e5f6a' })]]);
  const after = decide({ ...observed, status, effects }, T0);
  assert.equal(gitSynced(after.status)?.status, 'True');
});

test('somebody newer in Git is left alone and named', () => {
  const decision = decide(pending({}, answer({ state: 'Superseded', detail: 'podinfo holds podinfo:9' })), T0);
  assert.deepEqual([shown(decision).events, gitSynced(decision.status)?.reason], [['GitSuperseded'], 'GitSuperseded']);
  assert.equal(decision.status.history[0]?.unwritten, 'podinfo holds podinfo:9');
});

test('while Git is away the condition says so, and trying again writes no status', () => {
  const failed = { state: 'failed', error: 'connection refused', attempts: 3, retryAt: T0 + 9_000 } as const;
  const away = decide(pending({}, failed), T0).status;
  const condition = gitSynced(away);
  assert.deepEqual([condition?.status, condition?.reason], ['False', 'Pending']);
  assert.match(condition?.message ?? '', /revert of run v2-1 is on its way; tried again after: connection refused/);
  const [entry] = away.outbox;
  const running = new Map([[`commit/${entry?.id}`, { state: 'running', since: T0 } as const]]);
  const trying = decide({ ...pending(), status: away, effects: running }, T0 + 9_000);
  assert.equal(trying.status, away);
});

test('Git waits while the Canary has problems; messages do not', () => {
  const told = tell(pending(), pending().status, { topic: 'outcome', run: 'v2-1', now: T0 });
  const problems = [{ where: 'spec.git', message: 'Repository has no credentials', reason: 'GitRefused' } as const];
  assert.deepEqual(shown(decide({ ...pending(), status: told, problems }, T0)).effects, ['notify/…']);
});

test('receivers get what is as severe as they ask for', () => {
  const alerts = (['info', 'warn', 'error'] as const).map((severity) => ({ provider: `shop/${severity}`, severity }));
  const receivers = (topic: 'started' | 'held' | 'outcome', status: CanaryStatus) =>
    tell(anObserved({ alerts }), status, { topic, run: 'v2-1', now: T0 }).outbox.map(({ provider }) => provider);
  assert.deepEqual(receivers('started', aStatus()), ['shop/info']);
  assert.deepEqual(receivers('held', aStatus()), ['shop/info', 'shop/warn']);
  assert.deepEqual(receivers('outcome', aStatus({ history: [aHistory()] })), ['shop/info', 'shop/warn', 'shop/error']);
  assert.deepEqual(receivers('outcome', aStatus({ history: [aHistory({ outcome: 'Promoted' })] })), ['shop/info']);
});

test('a delivered message is done; a refused one stays to be seen; one whose subject is gone is dropped', () => {
  const alerts = [{ provider: 'shop/slack', severity: 'info' } as const];
  const observed = anObserved({ alerts });
  const status = tell(observed, aStatus({ history: [aHistory()] }), { topic: 'outcome', run: 'v2-1', now: T0 });
  const after = (delivered: boolean) => {
    const result = { kind: 'notify', delivered, detail: 'channel not found' } as const;
    const effects = new Map([[`notify/${status.outbox[0]?.id}`, { state: 'done', at: T0, result } as const]]);
    return decide({ ...observed, status, effects }, T0).status.outbox;
  };
  assert.deepEqual(after(true), []);
  assert.deepEqual(
    after(false).map(({ state, result }) => [state, result]),
    [['Refused', 'channel not found']],
  );
  const forgotten = decide({ ...observed, status: { ...status, history: [] } }, T0);
  assert.deepEqual([forgotten.status.outbox, forgotten.effects], [[], []]);
});

test('the outbox has an end: refused entries go first, then messages, and commits last', () => {
  const entries = (count: number, parts: Partial<OutboxStatus>): readonly OutboxStatus[] =>
    Array.from({ length: count }, (_, index) => ({
      id: `${parts.kind}-${parts.state}-${index}`,
      kind: 'record',
      state: 'Pending',
      attempts: 0,
      since: timeText(T0),
      ...parts,
    }));
  const outbox = [
    ...entries(20, { kind: 'record' }),
    ...entries(20, { kind: 'message' }),
    ...entries(10, { kind: 'revert', state: 'Refused' }),
  ];
  let status = aStatus({ outbox });
  for (let run = 0; run < 25; run++)
    status = commit(anObserved({ git: GIT_ON }), status, aHistory({ id: `v2-${run}` }));
  assert.equal(status.outbox.length, CAPS.outbox);
  assert.equal(status.outbox.filter(({ state }) => state === 'Refused').length, 0);
  assert.equal(status.outbox.filter(({ kind }) => kind === 'message').length, 5);
});

test('a commit that nobody can make any more is closed with its reason', () => {
  const forgotten = decide(pending({ history: [] }), T0);
  assert.deepEqual(shown(forgotten).events, ['GitRefused']);
  assert.match(gitSynced(forgotten.status)?.message ?? '', /Abandoned: .* its CanaryRun says what happened/);
  const observed = pending();
  const off = decide({ ...observed, git: { mode: 'off' } }, T0);
  assert.deepEqual([off.effects, off.status.outbox], [[], observed.status.outbox]);
});
