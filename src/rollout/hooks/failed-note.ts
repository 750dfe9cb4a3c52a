import type { Webhook } from '../../api/webhook.ts';
import type { EventNote } from '../decision.ts';
import type { HookAnswer } from './hook-call.ts';
import { typeOf } from './hooks-of.ts';

/** The event of a hook that has failed where nothing depends on it; none for one that has not. */
export const failedNote = (
  hook: Pick<Webhook, 'name' | 'type'>,
  run: string,
  { passed, detail }: Omit<HookAnswer, 'at'>,
): readonly EventNote[] =>
  passed ? [] : [{ reason: 'HookFailed', note: `Hook "${hook.name}" (${typeOf(hook)}) of run ${run}: ${detail}` }];
