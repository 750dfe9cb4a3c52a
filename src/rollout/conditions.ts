import type { CanaryStatus, Condition, HistoryStatus, OutboxStatus, RunStatus } from '../api/canary-status.ts';
import type { ConditionType } from '../api/words.ts';
import { serves, whyDown } from './answering.ts';
import type { EventNote } from './decision.ts';
import { hasEnded } from './history.ts';
import { waitingGate } from './hooks/gates.ts';
import type { Observed } from './observed.ts';
import { isForGit } from './outbox.ts';
import { problemsOf, problemText } from './problems.ts';
import { type Rejection, rejection } from './rejection.ts';
import { checkText } from './sentence.ts';
import { primaryName } from './sides.ts';
import { timeText } from './time.ts';

type State = Pick<Condition, 'status' | 'reason' | 'message'>;
type Stated = readonly [ConditionType, State];
const state = (status: Condition['status'], reason: string, message: string): State => ({ status, reason, message });

/** Where a run is; a weight that is held for want of evidence says for want of which, and a gate which one it is. */
const runText = (run: RunStatus): string => {
  const { id, weight, checks, noDataSince } = run;
  const gate = waitingGate(run);
  if (gate !== undefined) return `Run ${id} waits at ${weight.set} % for gate "${gate.name}" (${gate.type})`;
  const missing = checks.filter(({ verdict }) => verdict === 'noData' || verdict === 'error');
  if (noDataSince === undefined || missing.length === 0) return `Run ${id} is at ${weight.set} %`;
  return `Run ${id} is held at ${weight.set} %: ${missing.map(checkText).join(', ')}`;
};

const phaseText = (observed: Observed, status: CanaryStatus): string => {
  const { run, stable } = status;
  if (run !== undefined && !hasEnded(run)) return runText(run);
  return stable === undefined ? 'Nothing serves yet' : `${primaryName(observed)} serves revision ${stable.revision}`;
};

const rejectionOf = (observed: Observed, status: CanaryStatus): Rejection | undefined => {
  const wanted = observed.target?.revision;
  if (wanted === undefined || wanted.id === status.stable?.revision) return undefined;
  return rejection({ ...observed, status }, wanted);
};

/**
 * The rejected revision that Git goes on asking for, and that Serin does not put back: a person has to. Its own revert is
 * not waited for: a GitOps tool that waits for health would not look at it before its time-out.
 */
const askedInVain = (observed: Observed, status: CanaryStatus): Rejection | undefined => {
  const rejected = status.run === undefined || hasEnded(status.run) ? rejectionOf(observed, status) : undefined;
  return rejected?.isPutBack === false ? rejected : undefined;
};

const ready = (observed: Observed, status: CanaryStatus, waiting: string): State => {
  const phase = status.phase ?? 'Initializing';
  if (phase === 'Initializing' || phase === 'Terminating') return state('False', phase, waiting);
  if (!serves(observed, status)) {
    return state('False', 'PrimaryNotReady', whyDown(observed));
  }
  const rejected = askedInVain(observed, status);
  if (rejected !== undefined) return state('False', rejected.outcome, rejected.message);
  return state('True', phase, phaseText(observed, status));
};

const promoted = (observed: Observed, status: CanaryStatus): State => {
  const phase = status.phase ?? 'Initializing';
  const message = phaseText(observed, status);
  if (phase === 'Initialized' || phase === 'Succeeded') return state('True', phase, message);
  return state(phase === 'Failed' ? 'False' : 'Unknown', phase, message);
};

/** Why a commit is still pending. The words of a failure stay while it is tried again, so that no try writes status. */
const pendingText = (observed: Observed, { id, kind, run }: OutboxStatus): string => {
  const text = `The ${kind} of run ${run} is on its way`;
  const effect = observed.effects.get(`commit/${id}`);
  if (effect?.state === 'failed') return `${text}; tried again after: ${effect.error}`;
  const before = observed.status.conditions.find(({ type }) => type === 'GitSynced')?.message;
  return before?.startsWith(text) === true ? before : text;
};

const gitSynced = (observed: Observed, status: CanaryStatus): State | undefined => {
  if (observed.git.mode === 'off') return undefined;
  const entries = status.outbox.filter(isForGit);
  const refused = entries.findLast((entry) => entry.state === 'Refused');
  if (refused !== undefined) {
    return state(
      'False',
      refused.reason ?? 'GitRefused',
      `Run ${refused.run}: ${refused.result ?? 'the write was refused'}`,
    );
  }
  const pending = entries.find((entry) => entry.state === 'Pending');
  if (pending !== undefined) {
    return state('False', 'Pending', pendingText(observed, pending));
  }
  const last: HistoryStatus | undefined = status.history.find(({ commit }) => commit !== undefined);
  const message = last === undefined ? 'Nothing to write yet' : `Run ${last.id} is in commit ${last.commit}`;
  return state(
    'True',
    last?.pullRequest === undefined ? 'GitWritten' : 'PullRequestOpened',
    last?.pullRequest ?? message,
  );
};

type Told = { readonly waiting?: string | undefined; readonly stuck?: EventNote | undefined };

const stateAll = (observed: Observed, status: CanaryStatus, told: Told): readonly Stated[] => {
  const problems = status.phase === 'Terminating' ? [] : problemsOf(observed);
  const held = status.run?.held;
  const [first] = problems;
  const wrong = first === undefined ? undefined : { reason: first.reason, message: problemText(problems) };
  const waiting = told.waiting === undefined ? '' : `Waiting ${told.waiting}`;
  const idle = state('False', status.phase ?? 'Initializing', '');
  const isGoing = status.phase === 'Initializing' || status.phase === 'Terminating';
  const rejected = isGoing ? undefined : askedInVain(observed, status);
  const stopped =
    wrong ??
    (held === undefined ? undefined : { reason: 'Held', message: held }) ??
    (told.stuck && { reason: told.stuck.reason, message: told.stuck.note }) ??
    (rejected && { reason: rejected.outcome, message: rejected.message });
  const stalled = stopped === undefined ? idle : state('True', stopped.reason, stopped.message);
  // Health checks look at Reconciling first: what waits for a person is not under way.
  const underway = stopped === undefined && isGoing;
  const git = gitSynced(observed, status);
  return [
    ['Ready', wrong === undefined ? ready(observed, status, waiting) : state('False', wrong.reason, wrong.message)],
    ['Reconciling', underway ? state('True', status.phase ?? 'Initializing', waiting) : idle],
    ['Stalled', stalled],
    ['Promoted', promoted(observed, status)],
    ...(git === undefined ? [] : [['GitSynced', git] as const]),
  ];
};

/** `stated` as conditions; the time of transition moves with the status alone, never with the words. */
export const withTransitions = (
  before: readonly Condition[],
  stated: readonly Stated[],
  { now, generation }: { readonly now: number; readonly generation: number },
): readonly Condition[] =>
  stated.map(([type, condition]) => {
    const last = before.find((known) => known.type === type);
    const since = last?.status === condition.status ? last.lastTransitionTime : timeText(now);
    return { type, ...condition, lastTransitionTime: since, observedGeneration: generation };
  });

/**
 * The conditions of `status`. A run leaves Ready as it is, so that no health check waits for it; only a rejected
 * revision that Git goes on asking for, a problem, a primary without pods, or a take-over under way make it False.
 */
export const conditionsOf = (
  observed: Observed,
  status: CanaryStatus,
  { now, ...told }: Told & { readonly now: number },
): readonly Condition[] =>
  withTransitions(observed.status.conditions, stateAll(observed, status, told), {
    now,
    generation: observed.canary.generation,
  });
