import type { RunStatus } from '../../api/canary-status.ts';
import { hasEnded } from '../history.ts';
import type { Observed } from '../observed.ts';
import { rejection } from '../rejection.ts';
import { primaryName } from '../sides.ts';
import { versionText } from '../version-text.ts';
import type { Asked } from './answer.ts';

/** What is there instead of a run. */
const instead = (observed: Observed): string => {
  const { status, target, canary } = observed;
  const { stable } = status;
  if (stable === undefined) return 'nothing has been taken over yet';
  const wanted = target?.revision;
  const rejected = wanted === undefined || wanted.id === stable.revision ? undefined : rejection(observed, wanted);
  const retry = rejected === undefined ? '' : `; to run ${wanted?.id} again: serin retry ${canary.name}`;
  return `no run is going on, ${primaryName(observed)} serves ${versionText(stable.images, stable.revision)}${retry}`;
};

/** The run that an action means, or why there is none: another one, or one that is over, is never acted on. */
export const boundRun = (observed: Observed, { action }: Asked): RunStatus | { readonly why: string } => {
  const { status, canary } = observed;
  const { run, history } = status;
  const over = history.find(({ id }) => id === action.run);
  if (over !== undefined) return { why: `run ${over.id} is over: ${over.outcome}` };
  if (run === undefined || hasEnded(run)) return { why: instead(observed) };
  const look = `; to see it: serin get canary ${canary.name}`;
  if (action.run !== run.id) return { why: `run ${action.run} is meant, but ${run.id} is going on${look}` };
  if (action.revision !== undefined && action.revision !== run.revision) {
    return { why: `revision ${action.revision} is meant, but run ${run.id} judges ${run.revision}${look}` };
  }
  return run;
};
