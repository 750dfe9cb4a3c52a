import type { HookStatus, RunStatus } from '../../api/canary-status.ts';
import type { Webhook } from '../../api/webhook.ts';
import { CAPS } from '../limits.ts';
import { timeText } from '../time.ts';
import type { HookAnswer } from './hook-call.ts';
import { typeOf } from './hooks-of.ts';

/** The run with what a hook has answered. A no of a gate or of a rollback hook is an answer and no failure. */
export const noteAnswer = <Run extends { readonly hooks?: readonly HookStatus[] }>(
  run: Run,
  hook: Pick<Webhook, 'name' | 'type'>,
  { passed, detail, at }: HookAnswer,
): Run => {
  const { hooks = [] } = run;
  const last = hooks.find(({ name }) => name === hook.name);
  const type = typeOf(hook);
  const isQuestion = type.startsWith('confirm-') || type === 'rollback';
  const failures = (last?.failures ?? 0) + (passed || isQuestion ? 0 : 1);
  const noted: HookStatus = {
    name: hook.name,
    type,
    at: timeText(at),
    calls: (last?.calls ?? 0) + 1,
    ...(failures === 0 ? {} : { failures }),
    passed,
    detail,
  };
  return { ...run, hooks: [...hooks.filter(({ name }) => name !== hook.name), noted].slice(-CAPS.hooks) };
};

/** True when a hook has answered this in these words before: nothing new to note. */
export const isKnown = ({ hooks = [] }: RunStatus, hook: Webhook, { passed, detail }: HookAnswer): boolean =>
  hooks.some((last) => last.name === hook.name && last.passed === passed && last.detail === detail);
