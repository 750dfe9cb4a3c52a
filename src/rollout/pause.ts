import type { RunStatus } from '../api/canary-status.ts';
import type { EventNote } from './decision.ts';
import { gatesLater } from './hooks/gates.ts';
import type { Observed } from './observed.ts';
import { timeMs, timeText } from './time.ts';

/** Who pauses or resumes, and why. */
export type Who = { readonly by?: string; readonly reason?: string; readonly now: number };

/** `run` paused where it is. */
export const paused = (run: RunStatus, { by, reason, now }: Who): RunStatus => ({
  ...run,
  paused: {
    since: timeText(now),
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
  },
});

/** `run` going on; the time of the pause does not count against it. */
export const resumed = (run: RunStatus, now: number): RunStatus => {
  const { paused: pause, ...rest } = run;
  if (pause === undefined) return rest;
  const lost = Math.max(0, now - timeMs(pause.since));
  const later = gatesLater(rest, lost);
  return run.deadline === undefined ? later : { ...later, deadline: timeText(timeMs(run.deadline) + lost) };
};

/** `run` as `spec.suspend` wants it, and the event that tells of the change; a person's pause ends by a person. */
export const suspended = (
  { canary }: Observed,
  run: RunStatus,
  now: number,
): { readonly run: RunStatus; readonly events: readonly EventNote[] } => {
  const asked = canary.spec.suspend === true;
  if (asked && run.paused === undefined) {
    const note = `Run ${run.id} is paused at ${run.weight.set} %: spec.suspend is true`;
    return { run: paused(run, { now }), events: [{ reason: 'Paused', note }] };
  }
  if (!asked && run.paused !== undefined && run.paused.by === undefined) {
    const note = `Run ${run.id} goes on at ${run.weight.set} %: spec.suspend is false`;
    return { run: resumed(run, now), events: [{ reason: 'Resumed', note }] };
  }
  return { run, events: [] };
};
