import type { CheckStatus, RunStatus } from '../../api/canary-status.ts';
import type { Webhook } from '../../api/webhook.ts';
import type { HookEffect, MeasureEffect } from '../effect.ts';
import type { Observed } from '../observed.ts';
import { timeText } from '../time.ts';
import { answerTo, callUnnoted, type HookAnswer } from './hook-call.ts';
import { hookEffect, payloadOf } from './hook-effect.ts';
import { hooksOf } from './hooks-of.ts';
import { noteAnswer } from './note-answer.ts';

/** The hooks of one window. */
export type WindowHooks = {
  /** Their calls; wanted until the window is judged. */
  readonly effects: readonly HookEffect[];
  /** What they have answered, as checks; one that has not answered yet has nothing to say. */
  readonly checks: readonly CheckStatus[];
  /** One has not answered yet: the window does not pass without it. */
  readonly isPending: boolean;
  /** The run with the answers noted. */
  readonly noted: (run: RunStatus) => RunStatus;
};

/** A window without hooks. */
export const NO_HOOKS: WindowHooks = { effects: [], checks: [], isPending: false, noted: (run) => run };

const PREFIX = 'hook "';

/** The check is the answer of a hook. */
export const isHook = (check: string): boolean => check.startsWith(PREFIX);

/** The answer of a hook as a check of its window, under a name that tells it from the metrics. */
const checkOf = ({ name }: Webhook, answer: HookAnswer | undefined, to: number): CheckStatus => ({
  name: `${PREFIX}${name}"`,
  at: timeText(to),
  verdict: answer === undefined ? 'noData' : answer.passed ? 'pass' : 'fail',
  message: answer?.detail ?? 'it has not answered yet',
});

/**
 * Calls the hooks of type rollout beside the metrics: once for each window, from its beginning, so that what they bring
 * about is measured in it. One that takes longer than its window answers for the next.
 */
export const windowHooks = (
  observed: Observed,
  now: number,
  run: RunStatus,
  { from, to }: MeasureEffect['window'],
): WindowHooks => {
  const hooks = hooksOf(observed.canary.spec, 'rollout');
  if (hooks.length === 0 || run.paused !== undefined || now < from) return NO_HOOKS;
  const calls = hooks.map((hook) => {
    const key = callUnnoted(observed, run, hook, to);
    const effect = hookEffect(observed, hook, {
      key,
      payload: payloadOf(observed, hook, { phase: 'Progressing', run }),
    });
    return { hook, effect, answer: answerTo(observed, key) };
  });
  const answered = calls.flatMap(({ hook, answer }) => (answer === undefined ? [] : [{ hook, answer }]));
  return {
    effects: calls.flatMap(({ effect }) => effect ?? []),
    checks: calls.map(({ hook, answer }) => checkOf(hook, answer, to)),
    isPending: answered.length < calls.length,
    noted: (next) => answered.reduce((noted, { hook, answer }) => noteAnswer(noted, hook, answer), next),
  };
};
