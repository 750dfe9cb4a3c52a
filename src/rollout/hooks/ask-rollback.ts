import type { RunStatus } from '../../api/canary-status.ts';
import type { Webhook } from '../../api/webhook.ts';
import type { Observed } from '../observed.ts';
import { intervalMs } from '../plan.ts';
import { timeMs } from '../time.ts';
import { type Asked, asked, soonest } from './asked.ts';
import { answerTo, beat, callNow } from './hook-call.ts';
import { hookEffect, payloadOf } from './hook-effect.ts';
import { hooksOf } from './hooks-of.ts';
import { isKnown, noteAnswer } from './note-answer.ts';

const ask = (observed: Observed, now: number, run: RunStatus, hook: Webhook): Asked => {
  const { status, canary } = observed;
  const time = beat(timeMs(run.startedAt), intervalMs(canary.spec), now);
  const key = callNow(observed, run, hook, time.at);
  const answer = answerTo(observed, key);
  const noted = answer === undefined || isKnown(run, hook, answer) ? run : noteAnswer(run, hook, answer);
  if (answer?.passed === true) {
    const reason = `rollback hook "${hook.name}" asks for it: ${answer.detail}`;
    return asked({ status, run: noted }, { ending: { outcome: 'RolledBack', cause: 'RollbackHook', reason } });
  }
  const payload = payloadOf(observed, hook, { phase: status.phase ?? 'Progressing', run });
  const effect = hookEffect(observed, hook, { key, payload });
  return asked({ status, run: noted }, { effects: effect === undefined ? [] : [effect], wakeAt: time.next });
};

/**
 * Rollback hooks turn the meaning round: a yes takes the run back, any error leaves it alone. They are asked in every
 * interval from the start of a run until its promotion begins, also while it waits at a gate or is paused.
 */
export const askRollback = (observed: Observed, now: number, run: RunStatus): Asked => {
  let all = asked({ status: observed.status, run });
  if (run.stage !== 'scaling' && run.stage !== 'shifting') return all;
  for (const hook of hooksOf(observed.canary.spec, 'rollback')) {
    const one = ask({ ...observed, status: all.status }, now, all.run, hook);
    const wakeAt = soonest(now, all.wakeAt, one.wakeAt);
    const effects = [...all.effects, ...one.effects];
    all = { ...one, effects, ...(wakeAt === undefined ? {} : { wakeAt }) };
    if (all.ending !== undefined) return all;
  }
  return all;
};
