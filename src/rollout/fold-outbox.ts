import type { CanaryStatus, HistoryStatus, OutboxStatus } from '../api/canary-status.ts';
import type { EventNote } from './decision.ts';
import type { EffectResult, GitResult } from './effect.ts';
import { storedOperation } from './git-operation.ts';
import { failedNote } from './hooks/failed-note.ts';
import { type HookAnswer, answerTo as hookAnswerTo } from './hooks/hook-call.ts';
import { noteAnswer } from './hooks/note-answer.ts';
import { callAfter } from './hooks/post-rollout.ts';
import { messageOf } from './message.ts';
import type { Observed } from './observed.ts';
import { effectKey, isForGit, tell } from './outbox.ts';

type Folded = { readonly status: CanaryStatus; readonly events: readonly EventNote[] };

const without = (status: CanaryStatus, entry: OutboxStatus): CanaryStatus => ({
  ...status,
  outbox: status.outbox.filter(({ id }) => id !== entry.id),
});

/** The run of `entry` with what Git answered, and without an older answer. */
const answered = (status: CanaryStatus, entry: OutboxStatus, answer: Partial<HistoryStatus>): CanaryStatus => ({
  ...status,
  history: status.history.map((run) => {
    if (run.id !== entry.run) return run;
    const { unwritten: _, ...rest } = run;
    return { ...rest, ...answer };
  }),
});

const refuse = (
  status: CanaryStatus,
  entry: OutboxStatus,
  why: Pick<OutboxStatus, 'reason' | 'result'>,
): CanaryStatus => ({
  ...status,
  outbox: status.outbox.map((other) =>
    other.id === entry.id ? { ...other, ...why, state: 'Refused', attempts: other.attempts + 1 } : other,
  ),
});

/** What Git answered, kept with the run; an older refusal is settled by a newer write. */
const written = (status: CanaryStatus, entry: OutboxStatus, links: Partial<HistoryStatus>): CanaryStatus => ({
  ...answered(status, entry, links),
  outbox: status.outbox.filter((other) => other.id !== entry.id && (!isForGit(other) || other.state === 'Pending')),
});

const foldGit = (status: CanaryStatus, entry: OutboxStatus, git: GitResult): Folded => {
  const about = `${entry.kind === 'revert' ? 'Revert' : 'Record'} of run ${entry.run}`;
  const because = (reason: 'GitRefused' | 'GitSuperseded', result: string): Folded => ({
    status: answered(refuse(status, entry, { reason, result }), entry, { unwritten: result }),
    events: [{ reason, note: `${about}: ${result}` }],
  });
  switch (git.state) {
    case 'Pushed':
    case 'AlreadyApplied': {
      const note = `${about} is commit ${git.commit}`;
      return { status: written(status, entry, { commit: git.commit }), events: [{ reason: 'GitWritten', note }] };
    }
    case 'PullRequest': {
      const links = { commit: git.commit, pullRequest: git.url };
      const note = `${about}: ${git.url}`;
      return { status: written(status, entry, links), events: [{ reason: 'PullRequestOpened', note }] };
    }
    case 'Superseded':
      return because('GitSuperseded', git.detail);
    case 'Refused':
      return because('GitRefused', `${git.reason}: ${git.detail}`);
  }
};

/** The answer for a commit that nobody can make any more. */
const ABANDONED: EffectResult = {
  kind: 'commit',
  git: {
    state: 'Refused',
    reason: 'Abandoned',
    detail: 'spec.git asks for it no longer, or the run has left status.history; its CanaryRun says what happened',
  },
};

/** The run of `entry` with what a hook answered that was called after it. */
const foldHook = (status: CanaryStatus, entry: OutboxStatus, answer: HookAnswer): Folded => {
  const hook = { name: entry.hook ?? '', type: 'post-rollout' } as const;
  const history = status.history.map((run) => (run.id === entry.run ? noteAnswer(run, hook, answer) : run));
  return { status: { ...without(status, entry), history }, events: failedNote(hook, entry.run ?? '', answer) };
};

const answerTo = (observed: Observed, entry: OutboxStatus): EffectResult | undefined => {
  const state = observed.effects.get(effectKey(entry));
  if (state?.state === 'done') return state.result;
  const lost = isForGit(entry) && observed.git.mode === 'on' && storedOperation(observed, entry) === undefined;
  return lost ? ABANDONED : undefined;
};

const foldEntry = (observed: Observed, status: CanaryStatus, entry: OutboxStatus): Folded => {
  const answer = answerTo(observed, entry);
  if (answer?.kind === 'commit') return foldGit(status, entry, answer.git);
  if (answer?.kind === 'notify') {
    const { delivered, detail } = answer;
    return { status: delivered ? without(status, entry) : refuse(status, entry, { result: detail }), events: [] };
  }
  const hookAnswer = hookAnswerTo(observed, effectKey(entry));
  if (hookAnswer !== undefined) return foldHook(status, entry, hookAnswer);
  const obsolete =
    (entry.kind === 'message' && messageOf(observed, entry) === undefined) ||
    (entry.kind === 'hook' && callAfter(observed, entry, effectKey(entry)) === undefined);
  return { status: obsolete ? without(status, entry) : status, events: [] };
};

/**
 * Takes the answers of finished effects into the status: links to commits, refusals and their message, answers of hooks
 * that are called after a run. A message whose subject is gone is dropped, and so is the call of a hook that is.
 */
export const foldOutbox = (observed: Observed, now: number): Folded => {
  let folded: Folded = { status: observed.status, events: [] };
  for (const entry of observed.status.outbox) {
    if (entry.state !== 'Pending') continue;
    const { status, events } = foldEntry(observed, folded.status, entry);
    const refused = events.some(({ reason }) => reason === 'GitRefused' || reason === 'GitSuperseded');
    const about = { topic: 'git', now, ...(entry.run === undefined ? {} : { run: entry.run }) } as const;
    folded = { status: refused ? tell(observed, status, about) : status, events: [...folded.events, ...events] };
  }
  return folded;
};
