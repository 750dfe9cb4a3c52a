import type { RunStatus } from '../api/canary-status.ts';
import type { Observed } from './observed.ts';
import { windowsNeeded } from './plan.ts';

/** As many windows of the step have passed as it needs, the last one among them. */
export const hasPassed = ({ canary }: Observed, run: RunStatus): boolean => {
  const needed = windowsNeeded(canary.spec, run);
  const isJudged = run.windowEnd !== undefined && run.noDataSince === undefined && run.consecutiveFailed === undefined;
  const isGood = run.checks.every(({ verdict, dryRun }) => verdict === 'pass' || dryRun === true);
  return isJudged && isGood && (needed === 1 || (run.passed ?? 0) >= needed);
};
