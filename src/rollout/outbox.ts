import type { CanaryStatus, HistoryStatus, OutboxStatus } from '../api/canary-status.ts';
import type { EventNote } from './decision.ts';
import type { Effect, EffectState, GitResult, Message } from './effect.ts';
import { gitOperation, storedOperation } from './git-operation.ts';
import { CAPS } from './limits.ts';
import { messageOf, severityOf, type Topic } from './message.ts';
import type { Observed } from './observed.ts';
import { messageId } from './operation-id.ts';
import { timeText } from './time.ts';

const SEVERITIES: readonly Message['severity'][] = ['info', 'warn', 'error'];

/** Which entry goes when there is no room: refused ones, then messages, then the oldest. */
const leastNeeded = (outbox: readonly OutboxStatus[]): number => {
  const refused = outbox.findIndex(({ state }) => state === 'Refused');
  if (refused >= 0) return refused;
  return Math.max(
    0,
    outbox.findIndex(({ kind }) => kind === 'message'),
  );
};

const withEntries = (status: CanaryStatus, entries: readonly OutboxStatus[]): CanaryStatus => {
  const known = new Set(status.outbox.map(({ id }) => id));
  const outbox = [...status.outbox, ...entries.filter(({ id }) => !known.has(id))];
  while (outbox.length > CAPS.outbox) outbox.splice(leastNeeded(outbox), 1);
  return { ...status, outbox };
};

/** `status` with a message about `run` for every receiver that wants its severity. */
export const tell = (
  observed: Observed,
  status: CanaryStatus,
  about: { readonly topic: Topic; readonly run?: string; readonly now: number },
): CanaryStatus => {
  const severity = severityOf(about.topic, status);
  const told = observed.alerts.filter((alert) => SEVERITIES.indexOf(alert.severity) <= SEVERITIES.indexOf(severity));
  const entries = told.map(({ provider }): OutboxStatus => {
    const { topic, run } = about;
    const entry = { topic, ...(run === undefined ? {} : { run }), provider, since: timeText(about.now) };
    return { id: messageId(observed, entry), kind: 'message', ...entry, state: 'Pending', attempts: 0 };
  });
  return withEntries(status, entries);
};

/** `status` with the commit that `run` leads to, if it leads to one. */
export const commit = (observed: Observed, status: CanaryStatus, run: HistoryStatus): CanaryStatus => {
  const operation = gitOperation(observed, run);
  if (operation === undefined) return status;
  const { id, kind } = operation;
  return withEntries(status, [{ id, kind, run: run.id, state: 'Pending', attempts: 0, since: run.endedAt }]);
};

const keyOf = (entry: OutboxStatus): string => `${entry.kind === 'message' ? 'notify' : 'commit'}/${entry.id}`;

/**
 * The effects behind the entries that are *stored*: never of those only just written, so that nothing leaves the
 * cluster before the status holds its intent, and for as long as the status does, so that nothing leaves it twice.
 */
export const outboxEffects = (observed: Observed): readonly Effect[] =>
  observed.status.outbox.flatMap((entry): readonly Effect[] => {
    if (entry.state !== 'Pending') return [];
    if (entry.kind === 'message') {
      const message = messageOf(observed, entry);
      const { provider } = entry;
      return message && provider ? [{ kind: 'notify', key: keyOf(entry), provider, message }] : [];
    }
    // What is wrong with the Canary may be its Repository: Git waits until that is put right.
    const operation = observed.problems.length === 0 ? storedOperation(observed, entry) : undefined;
    return operation ? [{ kind: 'commit', key: keyOf(entry), operation }] : [];
  });

type Folded = { readonly status: CanaryStatus; readonly events: readonly EventNote[] };

const without = (status: CanaryStatus, entry: OutboxStatus): CanaryStatus => ({
  ...status,
  outbox: status.outbox.filter(({ id }) => id !== entry.id),
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
  ...status,
  outbox: status.outbox.filter(({ id, kind, state }) => id !== entry.id && (kind === 'message' || state === 'Pending')),
  history: status.history.map((run) => (run.id === entry.run ? { ...run, ...links } : run)),
});

const foldGit = (status: CanaryStatus, entry: OutboxStatus, git: GitResult): Folded => {
  const about = `${entry.kind === 'revert' ? 'Revert' : 'Record'} of run ${entry.run}`;
  switch (git.state) {
    case 'Pushed':
    case 'AlreadyApplied':
      return {
        status: written(status, entry, { commit: git.commit }),
        events: [{ reason: 'GitWritten', note: `${about} is commit ${git.commit}` }],
      };
    case 'PullRequest':
      return {
        status: written(status, entry, { commit: git.commit, pullRequest: git.url }),
        events: [{ reason: 'PullRequestOpened', note: `${about}: ${git.url}` }],
      };
    case 'Superseded':
      return {
        status: refuse(status, entry, { reason: 'GitSuperseded', result: git.detail }),
        events: [{ reason: 'GitSuperseded', note: `${about}: ${git.detail}` }],
      };
    case 'Refused':
      return {
        status: refuse(status, entry, { reason: 'GitRefused', result: `${git.reason}: ${git.detail}` }),
        events: [{ reason: 'GitRefused', note: `${about}: ${git.reason}: ${git.detail}` }],
      };
  }
};

const foldEntry = (status: CanaryStatus, entry: OutboxStatus, state: EffectState | undefined): Folded => {
  if (state?.state !== 'done') return { status, events: [] };
  const { result } = state;
  if (result.kind === 'commit') return foldGit(status, entry, result.git);
  if (result.kind !== 'notify') return { status, events: [] };
  if (result.delivered) return { status: without(status, entry), events: [] };
  return { status: refuse(status, entry, { result: result.detail }), events: [] };
};

/** Takes the answers of finished effects into the status; an entry that can no longer be carried out is closed. */
export const foldOutbox = (observed: Observed, now: number): Folded => {
  let folded: Folded = { status: observed.status, events: [] };
  for (const entry of observed.status.outbox) {
    if (entry.state !== 'Pending') continue;
    const next = foldEntry(folded.status, entry, observed.effects.get(keyOf(entry)));
    const obsolete = entry.kind === 'message' && messageOf(observed, entry) === undefined;
    const refused = next.events.some(({ reason }) => reason === 'GitRefused' || reason === 'GitSuperseded');
    const about = { topic: 'git', now, ...(entry.run === undefined ? {} : { run: entry.run }) } as const;
    const status = refused ? tell(observed, next.status, about) : next.status;
    folded = {
      status: obsolete ? without(status, entry) : status,
      events: [...folded.events, ...next.events],
    };
  }
  return folded;
};
