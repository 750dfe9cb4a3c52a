import type { CanaryStatus, HistoryStatus, Images, OutboxStatus, RunStatus } from '../api/canary-status.ts';
import type { Outcome } from '../api/words.ts';
import { assertNever } from '../lib/assert-never.ts';
import { outageText } from './answering.ts';
import type { Message } from './effect.ts';
import { rejects } from './history.ts';
import type { Observed } from './observed.ts';
import { primaryName } from './sides.ts';
import { planText } from './step-text.ts';
import { timeMs } from './time.ts';
import { changeText, versionText } from './version-text.ts';

export type Topic = Message['topic'];
type Field = Message['fields'][number];
/** What the topic alone decides of a message. */
type Body = Pick<Message, 'title' | 'text' | 'fields'> & { readonly run?: HistoryStatus };

const imageFields = (images: Images): readonly Field[] =>
  Object.entries(images).map(([container, image]) => ({ title: `Image ${container}`, value: image }));

const runFields = (run: RunStatus | HistoryStatus): readonly Field[] => [
  { title: 'Run', value: run.id },
  ...imageFields(run.images),
  ...(run.source === undefined ? [] : [{ title: 'Source', value: run.source.commit }]),
];

const AFTERWARDS: Readonly<Partial<Record<Outcome, string>>> = {
  Promoted: 'It serves all traffic.',
  FastPromoted: 'It serves all traffic.',
  Superseded: 'The newer version is judged next.',
  Withdrawn: 'The version before goes on serving.',
};

/** What comes after an outcome, as one sentence. */
const afterwards = (run: HistoryStatus, { git }: Observed): string => {
  if (!rejects(run.outcome)) return AFTERWARDS[run.outcome] ?? '';
  if (git.mode === 'off' || git.onFailure === 'none') return 'Git still asks for it: push a fix or revert it there.';
  if (git.onFailure === 'record') return 'It is recorded in Git; push a fix or revert it there.';
  if (git.onFailure === 'pullRequest') return 'A pull request is going to put its images back in Git.';
  return 'Its images are going to be put back in Git.';
};

const OUTCOME_WORDS = {
  Promoted: 'promoted',
  FastPromoted: 'promoted without analysis',
  RolledBack: 'rolled back',
  Aborted: 'aborted',
  Superseded: 'superseded',
  Withdrawn: 'withdrawn',
  Inconclusive: 'ended without a verdict',
} as const;

/** `podinfo 6.0.0 → 6.1.0`. */
const subject = ({ canary, status }: Observed, run: RunStatus | HistoryStatus): string => {
  const from = 'previousImages' in run ? run.previousImages : (status.stable?.images ?? {});
  return `${canary.name} ${changeText(from, run)}`;
};

const startedBody = (observed: Observed, run: RunStatus | HistoryStatus): Body => {
  const { analysis } = observed.canary.spec;
  const judges = analysis.metrics.map(({ name }) => name).join(', ');
  return {
    title: `${subject(observed, run)}: run started`,
    text: `It gets ${planText(observed.canary.spec)}, judged by ${judges || 'nothing'}.`,
    fields: [
      ...runFields(run),
      { title: 'Failed checks threshold', value: `${analysis.threshold}` },
      { title: 'Progress deadline', value: `${observed.canary.spec.progressDeadlineSeconds} s` },
    ],
  };
};

const outcomeBody = (observed: Observed, run: HistoryStatus): Body => ({
  title: `${subject(observed, run)}: ${OUTCOME_WORDS[run.outcome]}`,
  text: `${run.sentence}. ${afterwards(run, observed)}`,
  fields: [...runFields(run), ...(run.cause === undefined ? [] : [{ title: 'Cause', value: run.cause }])],
  run,
});

/** Nobody answers users; nothing to tell once somebody does. */
const outageBody = (observed: Observed): Body | undefined => {
  const { status, canary } = observed;
  const { outage, stable, run } = status;
  if (outage === undefined || stable === undefined) return undefined;
  return {
    title: `${canary.name} ${versionText(stable.images, stable.revision)}: nobody answers users`,
    text: `${outageText(observed, status)}. Traffic stays where it is until a side can take it; a person has to look at the cluster.`,
    fields: run === undefined ? imageFields(stable.images) : runFields(run),
  };
};

const bodyOf = (observed: Observed, topic: Topic, runId: string | undefined): Body | undefined => {
  const { status, canary } = observed;
  const ended = status.history.find(({ id }) => id === runId);
  const current = status.run?.id === runId ? status.run : undefined;
  switch (topic) {
    case 'initialized':
      return {
        title: `${canary.name} ${status.stable === undefined ? '' : versionText(status.stable.images, status.stable.revision)}: taken over`,
        text: `${primaryName(observed)} serves it. The next push is judged before it serves.`,
        fields: status.stable === undefined ? [] : imageFields(status.stable.images),
      };
    case 'started': {
      const run = current ?? ended;
      return run && startedBody(observed, run);
    }
    case 'gate': {
      const gate = current?.gates?.findLast(({ state }) => state === 'Waiting');
      if (current === undefined || gate === undefined) return undefined;
      return {
        title: `${subject(observed, current)}: waits for ${gate.name}`,
        text: `Gate ${gate.name} (${gate.type}) is not open: ${gate.reason ?? 'it has not answered'}. To decide yourself: serin approve ${canary.name} ${gate.name}, or serin reject.`,
        fields: runFields(current),
      };
    }
    case 'outcome':
      return ended && outcomeBody(observed, ended);
    case 'held':
      if (runId === undefined) return outageBody(observed);
      if (current?.held === undefined) return undefined;
      return {
        title: `${subject(observed, current)}: held at ${current.weight.set} %`,
        text: `${current.held}. Traffic stays as it is until that is put right; push another revision or revert to end the run.`,
        fields: runFields(current),
      };
    case 'git': {
      const refused = status.outbox.find(
        (entry) =>
          entry.run === runId && entry.state === 'Refused' && (entry.kind === 'record' || entry.kind === 'revert'),
      );
      if (ended === undefined || refused === undefined) return undefined;
      return {
        title: `${subject(observed, ended)}: ${OUTCOME_WORDS[ended.outcome]}, but Git does not say so`,
        text: `${refused.result ?? 'The write was refused'}. A person has to put it right; the cluster is not affected.`,
        fields: runFields(ended),
        run: ended,
      };
    }
    default:
      return assertNever(topic, 'topic');
  }
};

/** How severe a topic is: what receivers filter by. */
export const severityOf = (topic: Topic, { history }: CanaryStatus, run: string | undefined): Message['severity'] => {
  // Of no run is what users suffer from now.
  if (topic === 'held' && run === undefined) return 'error';
  if (topic === 'held' || topic === 'git' || topic === 'gate') return 'warn';
  const ended = history.find(({ id }) => id === run);
  return topic === 'outcome' && ended !== undefined && rejects(ended.outcome) ? 'error' : 'info';
};

/** The message of a stored outbox entry; undefined when what it would tell is no longer so. */
export const messageOf = (observed: Observed, entry: OutboxStatus): Message | undefined => {
  if (entry.topic === undefined) return undefined;
  const body = bodyOf(observed, entry.topic, entry.run);
  const { canary, cluster } = observed;
  return (
    body && {
      id: entry.id,
      topic: entry.topic,
      severity: severityOf(entry.topic, observed.status, entry.run),
      cluster,
      canary: { namespace: canary.namespace, name: canary.name },
      target: `${canary.spec.targetRef.kind}/${canary.spec.targetRef.name}.${canary.namespace}`,
      ...body,
      at: timeMs(entry.since),
    }
  );
};
