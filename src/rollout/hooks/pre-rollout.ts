import type { CanarySpec } from '../../api/canary.ts';
import type { RunStatus } from '../../api/canary-status.ts';
import type { Webhook } from '../../api/webhook.ts';
import { conclude } from '../conclude.ts';
import type { Observed } from '../observed.ts';
import { intervalMs } from '../plan.ts';
import { timeMs } from '../time.ts';
import { type Turn, turn } from '../turn.ts';
import { answerTo, callKey, type HookAnswer } from './hook-call.ts';
import { hookEffect, payloadOf } from './hook-effect.ts';
import { hooksOf } from './hooks-of.ts';
import { noteAnswer } from './note-answer.ts';

const lastOf = ({ hooks = [] }: RunStatus, { name }: Webhook): NonNullable<RunStatus['hooks']>[number] | undefined =>
  hooks.find((hook) => hook.name === name);

/** The first pre-rollout hook that has not passed in this run: each is called after the one before it has passed. */
const nextHook = (spec: CanarySpec, run: RunStatus): Webhook | undefined =>
  hooksOf(spec, 'pre-rollout').find((hook) => lastOf(run, hook)?.passed !== true);

/** A failure counts as a failed window: at the threshold the run is over, before it the hook is called again. */
const failed = (
  observed: Observed,
  now: number,
  run: RunStatus,
  { hook, answer }: { hook: Webhook; answer: HookAnswer },
): Turn => {
  const { canary, status } = observed;
  const { threshold, consecutiveThreshold = threshold } = canary.spec.analysis;
  const failedChecks = (status.failedChecks ?? 0) + 1;
  const consecutiveFailed = (run.consecutiveFailed ?? 0) + 1;
  const counted: RunStatus = { ...run, consecutiveFailed };
  const next: Observed = { ...observed, status: { ...status, failedChecks, run: counted } };
  const what = `pre-rollout hook "${hook.name}": ${answer.detail}`;
  if (failedChecks >= threshold || consecutiveFailed >= consecutiveThreshold) {
    const reason = `${what} (${failedChecks} of ${threshold} failed checks)`;
    return conclude(next, now, counted, { outcome: 'RolledBack', cause: 'HookFailed', reason });
  }
  const note = `${what} (${failedChecks} of ${threshold} failed checks)`;
  return turn(next.status, { events: [{ reason: 'HookFailed', note }], wakeAt: answer.at + intervalMs(canary.spec) });
};

/** One has passed: the next may be called at once. What failed before it counts no longer as failed in a row. */
const passed = (observed: Observed, run: RunStatus): Turn => {
  const { consecutiveFailed: _failed, ...rest } = run;
  return turn({ ...observed.status, run: rest });
};

/**
 * Calls the pre-rollout hooks, one after the other, each until it has passed once in this run: the canary is ready, and
 * nobody's request reaches it before. Undefined once all have passed.
 */
export const preRollout = (observed: Observed, now: number, run: RunStatus): Turn | undefined => {
  const { canary, status } = observed;
  const hook = nextHook(canary.spec, run);
  if (hook === undefined) return undefined;
  const last = lastOf(run, hook);
  const key = callKey(run, hook, (last?.calls ?? 0) + 1);
  const answer = answerTo(observed, key);
  if (answer !== undefined) {
    const noted = noteAnswer(run, hook, answer);
    return answer.passed ? passed(observed, noted) : failed(observed, now, noted, { hook, answer });
  }
  const due = last === undefined ? now : timeMs(last.at) + intervalMs(canary.spec);
  if (due > now) return turn({ ...status, run }, { wakeAt: due });
  const effect = hookEffect(observed, hook, { key, payload: payloadOf(observed, hook, { phase: 'Progressing', run }) });
  return turn({ ...status, run }, { effects: effect === undefined ? [] : [effect] });
};
