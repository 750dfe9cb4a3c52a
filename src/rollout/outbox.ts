import type { CanaryStatus, HistoryStatus, OutboxStatus } from '../api/canary-status.ts';
import type { Effect, Message } from './effect.ts';
import { gitOperation, storedOperation } from './git-operation.ts';
import { callAfter, entriesAfter } from './hooks/post-rollout.ts';
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

/** An outcome that is to be written to Git. */
export const isForGit = ({ kind }: OutboxStatus): boolean => kind === 'record' || kind === 'revert';

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
  const severity = severityOf(about.topic, status, about.run);
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

/** `status` with the calls of the hooks that are told of the end of `run`. */
export const callAfterwards = (observed: Observed, status: CanaryStatus, run: HistoryStatus): CanaryStatus =>
  withEntries(status, entriesAfter(observed, run));

const EFFECTS = { record: 'commit', revert: 'commit', message: 'notify', hook: 'hook' } as const;

/** Key of the effect behind an entry. */
export const effectKey = ({ kind, id }: OutboxStatus): string => `${EFFECTS[kind]}/${id}`;

/**
 * The effects behind the entries that are *stored*: never of those only just written, so that nothing leaves the
 * cluster before the status holds its intent, and for as long as the status does, so that nothing leaves it twice.
 */
export const outboxEffects = (observed: Observed): readonly Effect[] =>
  observed.status.outbox.flatMap((entry): readonly Effect[] => {
    if (entry.state !== 'Pending') return [];
    if (entry.kind === 'hook') {
      const call = callAfter(observed, entry, effectKey(entry));
      return call === undefined ? [] : [call];
    }
    if (entry.kind === 'message') {
      const message = messageOf(observed, entry);
      const { provider } = entry;
      return message && provider ? [{ kind: 'notify', key: effectKey(entry), provider, message }] : [];
    }
    // What is wrong with the Canary may be its Repository: Git waits until that is put right.
    const operation = observed.problems.length === 0 ? storedOperation(observed, entry) : undefined;
    return operation ? [{ kind: 'commit', key: effectKey(entry), operation }] : [];
  });
