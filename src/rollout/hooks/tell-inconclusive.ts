import type { RunStatus } from '../../api/canary-status.ts';
import type { Webhook } from '../../api/webhook.ts';
import type { Observed } from '../observed.ts';
import { timeMs } from '../time.ts';
import { type Asked, asked } from './asked.ts';
import { failedNote } from './failed-note.ts';
import { answerTo, callKey } from './hook-call.ts';
import { hookEffect, payloadOf } from './hook-effect.ts';
import { hooksOf } from './hooks-of.ts';
import { noteAnswer } from './note-answer.ts';

const hasHeard = ({ hooks = [] }: RunStatus, { name }: Webhook, since: number): boolean =>
  hooks.some((hook) => hook.name === name && timeMs(hook.at) >= since);

/** Tells the hooks of type on-inconclusive that the run is held for want of evidence: once for each time that it is. */
export const tellInconclusive = (observed: Observed, run: RunStatus): Asked => {
  let all = asked({ status: observed.status, run });
  if (run.held === undefined || run.noDataSince === undefined || run.paused !== undefined) return all;
  const since = timeMs(run.noDataSince);
  for (const hook of hooksOf(observed.canary.spec, 'on-inconclusive')) {
    if (hasHeard(all.run, hook, since)) continue;
    const key = callKey(run, hook, since);
    const answer = answerTo(observed, key);
    if (answer !== undefined) {
      const events = [...all.events, ...failedNote(hook, run.id, answer)];
      all = asked(all, { ...all, run: noteAnswer(all.run, hook, answer), events });
      continue;
    }
    const payload = payloadOf(observed, hook, { phase: observed.status.phase ?? 'Progressing', run });
    const effect = hookEffect(observed, hook, { key, payload });
    if (effect !== undefined) all = asked(all, { ...all, effects: [...all.effects, effect] });
  }
  return all;
};
