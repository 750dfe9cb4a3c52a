import type { CanaryStatus, DesiredStatus, RunStatus, StableStatus } from '../../api/canary-status.ts';
import { strategyOf } from '../../api/strategy.ts';
import { newAffinity } from '../affinity.ts';
import { askedMatches } from '../asked-matches.ts';
import { endOfLife } from '../end-of-life.ts';
import type { Observed, RevisionView } from '../observed.ts';
import { tell } from '../outbox.ts';
import { deadlineMs } from '../plan.ts';
import { timeText } from '../time.ts';
import { followedBy, type Turn, turn } from '../turn.ts';
import { changeText } from '../version-text.ts';
import { scaling } from './scaling.ts';

const judgedBy = ({ retry: _retry, ...desired }: DesiredStatus, run: string): DesiredStatus => ({ ...desired, run });

/** Begins the run of a new revision. */
export const starting = (
  observed: Observed,
  now: number,
  { stable, wanted }: { readonly stable: StableStatus; readonly wanted: RevisionView },
): Turn => {
  const number = (observed.status.runs ?? 0) + 1;
  const at = timeText(now);
  const { spec, generation } = observed.canary;
  const { desired } = observed.status;
  const id = `${wanted.id}-${number}`;
  const strategy = strategyOf(spec);
  const affinity = strategy === 'canary' ? newAffinity(spec, { id }, now) : undefined;
  const run: RunStatus = {
    id,
    revision: wanted.id,
    hash: wanted.hash,
    images: wanted.images,
    previous: stable.revision,
    strategy,
    ...(strategy === 'abTest' ? { match: askedMatches(spec) } : {}),
    ...(affinity === undefined ? {} : { affinity }),
    generation,
    ...(wanted.source === undefined ? {} : { source: wanted.source }),
    startedAt: at,
    stage: 'scaling',
    stageSince: at,
    step: 0,
    weight: { set: 0, since: at },
    checks: [],
    kept: [],
    steps: [],
    ...(desired?.retry === undefined ? {} : { actions: [desired.retry] }),
    deadline: timeText(now + deadlineMs(spec)),
  };
  const status: CanaryStatus = {
    ...observed.status,
    ...(desired === undefined ? {} : { desired: judgedBy(desired, run.id) }),
    run,
    runs: number,
    phase: 'Progressing',
    failedChecks: 0,
    iterations: 0,
  };
  const told = tell(observed, status, { topic: 'started', run: run.id, now });
  const started = turn(told, {
    events: [
      { reason: 'RunStarted', note: `Run ${run.id} judges ${changeText(stable.images, run)}` },
      ...endOfLife(observed),
    ],
  });
  return followedBy(started, scaling({ ...observed, status: told }, now, run, stable));
};
