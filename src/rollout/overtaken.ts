import type { RunStatus, StableStatus } from '../api/canary-status.ts';
import type { Ending } from './conclude.ts';
import type { Observed } from './observed.ts';
import { versionText } from './version-text.ts';

/** How the run ends because something else is wanted now; undefined while its revision still is. */
export const overtaken = ({ target }: Observed, run: RunStatus, stable: StableStatus): Ending | undefined => {
  const wanted = target?.revision;
  if (wanted === undefined || wanted.id === run.revision) return undefined;
  const pushed = versionText(wanted.images, wanted.id);
  if (wanted.id === stable.revision) {
    return {
      outcome: 'Withdrawn',
      reason: `Git asks for ${pushed} again, which serves`,
    };
  }
  return {
    outcome: 'Superseded',
    reason: `${pushed === versionText(run.images, run.revision) ? `revision ${wanted.id}` : pushed} was pushed`,
  };
};
