import type { RunRecord } from '../api/canary-run.ts';
import type { CheckStatus } from '../api/canary-status.ts';
import { providerOf } from '../api/provider.ts';
import type { EndedRun } from './history.ts';
import type { Observed } from './observed.ts';

/** The permanent record of a run that has ended; the queries of its last window stand for those of all. */
export const recordOf = (observed: Observed, run: EndedRun): RunRecord => {
  const queries = new Map(run.checks.map(({ name, query }) => [name, query]));
  const withQuery = (check: CheckStatus): CheckStatus => {
    const query = queries.get(check.name);
    return query === undefined ? check : { ...check, query };
  };
  return {
    canaryRef: { name: observed.canary.name },
    run: run.id,
    revision: run.revision,
    previous: run.previous,
    images: run.images,
    ...(run.digests === undefined ? {} : { digests: run.digests }),
    strategy: run.strategy,
    provider: providerOf(observed.canary.spec) ?? '',
    ...(run.source === undefined ? {} : { source: run.source }),
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    outcome: run.outcome,
    ...(run.cause === undefined ? {} : { cause: run.cause }),
    sentence: run.sentence,
    steps: run.steps,
    checks: run.kept.map(withQuery),
    ...(run.direction === undefined ? {} : { direction: run.direction }),
    ...(run.gates === undefined ? {} : { gates: run.gates }),
    ...(run.hooks === undefined ? {} : { hooks: run.hooks }),
    ...(run.actions === undefined ? {} : { actions: run.actions }),
    ...(run.changes === undefined ? {} : { changes: run.changes }),
  };
};
