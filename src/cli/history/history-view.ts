import { canaryRunSpec, type RunRecord } from '../../api/canary-run.ts';
import {
  type CanaryStatus,
  type HistoryStatus,
  type HookStatus,
  type RunNotes,
  runNotes,
} from '../../api/canary-status.ts';
import { salvage } from '../../api/salvage.ts';
import type { Outcome, Strategy } from '../../api/words.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { notesOf } from '../../rollout/note-run.ts';
import { versionText } from '../../rollout/version-text.ts';
import { waitedMs } from './waited.ts';

/** One finished run. What is not known any more is absent: status keeps the last 10 runs, CanaryRuns the last 20. */
export type HistoryRun = {
  readonly id: string;
  readonly revision: string;
  /** Tags of the images. */
  readonly version: string;
  readonly outcome: Outcome;
  readonly cause?: string;
  readonly sentence: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly seconds: number;
  /** Of them, waiting at gates and paused by people. */
  readonly waitedSeconds?: number;
  readonly strategy?: Strategy;
  /** Weights that it has held, in order. */
  readonly weights?: readonly number[];
  /** Who has ended it so, where a person did. */
  readonly requestedBy?: string;
  readonly commit?: string;
  readonly pullRequest?: string;
  /** Why Git does not tell the outcome, where it was to. */
  readonly unwritten?: string;
};

/** What `serin history` shows: the finished runs, newest first, and the one that is going on. */
export type HistoryView = {
  readonly kind: 'HistoryView';
  readonly version: 1;
  readonly name: string;
  readonly namespace: string;
  readonly current?: {
    readonly id: string;
    readonly revision: string;
    readonly version: string;
    readonly startedAt: string;
  };
  readonly runs: readonly HistoryRun[];
};

/** A record, and what became known after it was written. */
export type RecordedRun = { readonly record: RunRecord; readonly notes: RunNotes };

/** A run as its record tells it, and as the status of its Canary does: each knows what the other does not. */
export type KnownRun = {
  readonly id: string;
  readonly record?: RunRecord;
  readonly entry?: HistoryStatus;
  /** What became known after its end. */
  readonly notes: RunNotes;
};

/** What a CanaryRun holds, as far as it can be understood. */
export const recordIn = (object: KubeObject): RecordedRun | undefined => {
  const record = salvage(canaryRunSpec, object['spec']);
  return record && { record, notes: salvage(runNotes, object['status']) ?? {} };
};

/** Every hook that a run has called, and that was called after it. */
export const hooksOf = ({ record, notes }: KnownRun): readonly HookStatus[] => [
  ...(record?.hooks ?? []),
  ...(notes.hooks ?? []),
];

/** Every run that is known of, newest first. */
export const knownRuns = (status: CanaryStatus, records: readonly RecordedRun[]): readonly KnownRun[] => {
  const runs = new Map<string, KnownRun>();
  for (const entry of status.history) runs.set(entry.id, { id: entry.id, entry, notes: notesOf(entry) });
  for (const { record, notes } of records) {
    const known = runs.get(record.run);
    runs.set(record.run, { ...known, id: record.run, record, notes: { ...notes, ...known?.notes } });
  }
  const endOf = ({ record, entry }: KnownRun): string => record?.endedAt ?? entry?.endedAt ?? '';
  return [...runs.values()].sort((a, b) => endOf(b).localeCompare(endOf(a)));
};

const seconds = (from: string, to: string): number =>
  Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));

const historyRun = ({ id, record, entry, notes }: KnownRun): readonly HistoryRun[] => {
  const known = record ?? entry;
  if (known === undefined) return [];
  const { revision, images, outcome, cause, sentence, startedAt, endedAt } = known;
  const { commit, pullRequest, unwritten } = notes;
  const decided = entry?.requestedBy;
  return [
    {
      id,
      revision,
      version: versionText(images, revision),
      outcome,
      ...(cause === undefined ? {} : { cause }),
      sentence,
      startedAt,
      endedAt,
      seconds: seconds(startedAt, endedAt),
      ...(record === undefined
        ? {}
        : {
            waitedSeconds: Math.round(waitedMs(record) / 1000),
            strategy: record.strategy,
            weights: record.steps.map(({ weight }) => weight),
          }),
      ...(decided === undefined ? {} : { requestedBy: decided }),
      ...(commit === undefined ? {} : { commit }),
      ...(pullRequest === undefined ? {} : { pullRequest }),
      ...(unwritten === undefined ? {} : { unwritten }),
    },
  ];
};

/** Builds the view from a Canary's status and the records of its runs. */
export const historyView = (
  of: { readonly namespace: string; readonly name: string },
  { status, records }: { readonly status: CanaryStatus; readonly records: readonly RecordedRun[] },
): HistoryView => {
  const { run } = status;
  const current =
    run === undefined || run.outcome !== undefined
      ? {}
      : {
          current: {
            id: run.id,
            revision: run.revision,
            version: versionText(run.images, run.revision),
            startedAt: run.startedAt,
          },
        };
  return { kind: 'HistoryView', version: 1, ...of, ...current, runs: knownRuns(status, records).flatMap(historyRun) };
};
