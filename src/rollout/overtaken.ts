import type { RunStatus, StableStatus } from '../api/canary-status.ts';
import type { Ending } from './conclude.ts';
import type { Observed } from './observed.ts';

/** How the run ends because something else is wanted now; undefined while its revision still is. */
export const overtaken = ({ target }: Observed, run: RunStatus, stable: StableStatus): Ending | undefined => {
  const wanted = target?.revision?.id;
  if (wanted === undefined || wanted === run.revision) return undefined;
  if (wanted === stable.revision) {
    return { outcome: 'Withdrawn', reason: `the desired revision is ${wanted} again, which serves` };
  }
  return { outcome: 'Superseded', reason: `revision ${wanted} was pushed` };
};
