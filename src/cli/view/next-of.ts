import type { CanaryStatus } from '../../api/canary-status.ts';
import type { Phase } from '../../api/words.ts';
import { hasEnded } from '../../rollout/history.ts';

/** What comes next, and where a person is waited for the command that helps. */
export type NextView = {
  readonly at?: string;
  readonly action: string;
  /** Commands that help where a person is waited for. */
  readonly commands?: readonly string[];
};

const SETTLED: readonly Phase[] = ['Initialized', 'Succeeded', 'Failed'];

const ofRun = (run: NonNullable<CanaryStatus['run']>, name: string): NextView => {
  const { held, paused, gates = [], next } = run;
  if (paused !== undefined) {
    const commands = paused.by === undefined ? {} : { commands: [`serin resume ${name}`] };
    return { action: next?.action ?? 'paused', ...commands };
  }
  if (held !== undefined) {
    return { action: `a person decides: ${held}`, commands: [`serin promote ${name}`, `serin abort ${name}`] };
  }
  const gate = gates.findLast(({ state }) => state === 'Waiting');
  if (gate !== undefined) {
    const commands = ['approve', 'reject'].map((verb) => `serin ${verb} ${name} ${gate.name}`);
    return { action: next?.action ?? `gate ${gate.name} waits`, commands };
  }
  return next ?? { action: 'the run goes on' };
};

/** What happens next with this Canary. */
export const nextOf = (status: CanaryStatus, name: string): NextView => {
  const { run, desired, history, stable, quarantine } = status;
  if (run !== undefined) return hasEnded(run) ? (run.next ?? { action: 'the run ends' }) : ofRun(run, name);
  const stalled = status.conditions.find((condition) => condition.type === 'Stalled' && condition.status === 'True');
  const judged = history.find(({ id }) => id === desired?.run);
  const isRejected = desired !== undefined && desired.revision !== stable?.revision;
  const isHeld = quarantine.some(({ revision }) => revision === desired?.revision);
  if (isRejected && (judged !== undefined || isHeld)) {
    const why = stalled?.message ?? judged?.sentence ?? 'it was rejected';
    return { action: `waits for another revision: ${why}`, commands: [`serin retry ${name}`] };
  }
  if (stalled !== undefined) return { action: `waits until this is put right: ${stalled.message}` };
  if (status.phase !== undefined && SETTLED.includes(status.phase)) return { action: 'waits for a new revision' };
  return { action: 'takes the target over' };
};
