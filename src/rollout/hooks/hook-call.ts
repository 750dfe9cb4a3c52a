import type { RunStatus } from '../../api/canary-status.ts';
import type { Webhook } from '../../api/webhook.ts';
import type { Observed } from '../observed.ts';
import { timeMs } from '../time.ts';

/** What was answered, when, in ms since the epoch. */
export type HookAnswer = { readonly passed: boolean; readonly detail: string; readonly at: number };

/** What the keys of all calls of a hook in a run begin with, and those of no other: a name may hold any character. */
const prefixOf = ({ id }: RunStatus, { name }: Webhook): string => `hook/${id}/${name.length}:${name}/`;

/** Key of the call of a hook that belongs to `moment`: a number that tells it from all others of its run. */
export const callKey = (run: RunStatus, hook: Webhook, moment: number): string => `${prefixOf(run, hook)}${moment}`;

/** The answer to a call; undefined while it may still come. */
export const answerTo = ({ effects }: Observed, key: string): HookAnswer | undefined => {
  const state = effects.get(key);
  if (state?.state !== 'done' || state.result.kind !== 'hook') return undefined;
  const { passed, detail } = state.result;
  return { passed, detail, at: state.at };
};

/** The last answer that the run has noted, ms since the epoch; before every other when there is none. */
const notedAt = ({ hooks = [] }: RunStatus, { name }: Webhook): number => {
  const last = hooks.find((known) => known.name === name);
  return last === undefined ? Number.NEGATIVE_INFINITY : timeMs(last.at);
};

/** Keys of the calls that the effects table knows of. */
const known = (observed: Observed, run: RunStatus, hook: Webhook): readonly string[] =>
  [...observed.effects.keys()].filter((key) => key.startsWith(prefixOf(run, hook)));

/**
 * The call of a hook that counts now: that of `moment`, unless an earlier one is still under way. A call that takes
 * longer than the time between two is never cut short by the next.
 */
export const callNow = (observed: Observed, run: RunStatus, hook: Webhook, moment: number): string =>
  known(observed, run, hook).find((key) => observed.effects.get(key)?.state === 'running') ??
  callKey(run, hook, moment);

/** As `callNow`, and an earlier call counts also while its answer has not been noted. */
export const callUnnoted = (observed: Observed, run: RunStatus, hook: Webhook, moment: number): string => {
  const unnoted = known(observed, run, hook).find((key) => {
    const answer = answerTo(observed, key);
    return answer !== undefined && answer.at > notedAt(run, hook);
  });
  return unnoted ?? callNow(observed, run, hook, moment);
};

/** The last time on or before `now` that lies a whole number of intervals after `since`; and the one after it, ms. */
export const beat = (since: number, interval: number, now: number): { readonly at: number; readonly next: number } => {
  const count = Math.max(0, Math.floor((now - since) / interval));
  const at = since + count * interval;
  return { at, next: at + interval };
};
