import { stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';

/** A finished run, as its CanaryRun tells it. */
export type Finished = {
  readonly canary: string;
  readonly run: string;
  readonly revision: string;
  readonly outcome: string;
};

export const finishedOf = (runs: readonly KubeObject[]): readonly Finished[] =>
  runs.map((run) => ({
    canary: stringAt(run, 'spec', 'canaryRef', 'name') ?? '',
    run: stringAt(run, 'spec', 'run') ?? '',
    revision: stringAt(run, 'spec', 'revision') ?? '',
    outcome: stringAt(run, 'spec', 'outcome') ?? '',
  }));

/** Outcomes that Git is told of. */
const IN_GIT: ReadonlySet<string> = new Set(['Promoted', 'FastPromoted', 'RolledBack', 'Aborted']);

/** How often each run of a Canary is told in Git, as `canary run`: one commit may tell of several. */
export const toldInGit = (messages: string): ReadonlyMap<string, number> => {
  const told = new Map<string, number>();
  for (const [, canary, run] of messages.matchAll(/^Serin-Canary: \S+\/([^/\s]+)\nSerin-Run: (\S+)$/gm)) {
    told.set(`${canary} ${run}`, (told.get(`${canary} ${run}`) ?? 0) + 1);
  }
  return told;
};

/** What is wrong: runs without an outcome or with two, outcomes that Git does not tell exactly once. */
export const wrongOutcomes = (of: {
  readonly seen: ReadonlySet<string>;
  readonly revisions: ReadonlySet<string>;
  readonly finished: readonly Finished[];
  readonly told: ReadonlyMap<string, number>;
  /** Runs whose Canary says why Git was not written. */
  readonly excused: ReadonlySet<string>;
}): readonly string[] => {
  const { seen, revisions, finished, told, excused } = of;
  const keys = finished.map(({ canary, run }) => `${canary} ${run}`);
  const ended = new Set(keys);
  const judged = new Set(finished.map(({ canary, revision }) => `${canary} ${revision}`));
  return [
    ...[...seen].filter((key) => !ended.has(key)).map((key) => `${key} has no outcome`),
    ...keys.filter((key, index) => keys.indexOf(key) !== index).map((key) => `${key} has two outcomes`),
    ...[...revisions].filter((key) => !judged.has(key)).map((key) => `revision ${key} was asked for and never run`),
    ...finished.flatMap(({ canary, run, outcome }) => {
      const key = `${canary} ${run}`;
      const [times, want] = [told.get(key) ?? 0, IN_GIT.has(outcome) ? 1 : 0];
      return times === want || (times < want && excused.has(key))
        ? []
        : [`${key} (${outcome}) is told ${times} times in Git, want ${want}`];
    }),
  ];
};
