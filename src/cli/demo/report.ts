import type { HistoryStatus } from '../../api/canary-status.ts';
import type { Outcome } from '../../api/words.ts';
import { listAt, numberAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { LoadCount } from '../../sandbox/load/load-count.ts';
import type { Received } from './receiver.ts';

/** One run of the story, as the run's own record and the load client tell it. */
export type Release = {
  readonly version: string;
  readonly outcome: Outcome;
  readonly sentence: string;
  /** Serin's commit; absent for outcomes that write nothing. */
  readonly commit?: string;
  readonly weights: readonly number[];
  /** Requests that this version answered, and how many of them failed, as the client counted them. */
  readonly requests: number;
  readonly failures: number;
  readonly durationSeconds: number;
};

/** Something that had to hold for the story to be true. */
export type Expectation = { readonly name: string; readonly held: boolean; readonly detail: string };

export type Report = {
  readonly releases: readonly Release[];
  readonly expectations: readonly Expectation[];
  readonly requests: LoadCount;
  readonly messages: readonly Received[];
  readonly events: readonly { readonly type: string; readonly reason: string; readonly note: string }[];
  /** Newest first: abbreviated commit, author and subject. */
  readonly log: readonly string[];
  /** `git show` of the revert. */
  readonly revert: string;
  readonly seconds: number;
};

/** `6.1.0` of `registry.example.com/podinfo:6.1.0`. */
export const versionOf = (images: Readonly<Record<string, string>>): string =>
  /:([^:/@]+)(@.*)?$/.exec(images['app'] ?? '')?.[1] ?? '';

/** A finished run in the words of the report. */
export const releaseOf = (
  entry: HistoryStatus,
  { runs, counted }: { readonly runs: readonly KubeObject[]; readonly counted: LoadCount },
): Release => {
  const version = versionOf(entry.images);
  const record = runs.find((run) => stringAt(run, 'spec', 'run') === entry.id);
  const { requests = 0, failures = 0 } = counted.versions[version] ?? {};
  return {
    version,
    outcome: entry.outcome,
    sentence: entry.sentence,
    ...(entry.commit === undefined ? {} : { commit: entry.commit }),
    weights: listAt(record, 'spec', 'steps').map((step) => numberAt(step, 'weight') ?? 0),
    requests,
    failures,
    durationSeconds: (Date.parse(entry.endedAt) - Date.parse(entry.startedAt)) / 1000,
  };
};
