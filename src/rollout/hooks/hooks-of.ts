import type { CanarySpec } from '../../api/canary.ts';
import { durationMs } from '../../api/duration.ts';
import type { Webhook } from '../../api/webhook.ts';
import type { HookType } from '../../api/words.ts';

/** When a hook is called. */
export const typeOf = ({ type = 'rollout' }: Pick<Webhook, 'type'>): HookType => type;

/** The hooks of a type, in the order in which they are called. */
export const hooksOf = ({ analysis: { webhooks = [] } }: CanarySpec, type: HookType): readonly Webhook[] =>
  webhooks.filter((hook) => typeOf(hook) === type);

/** Time-out of one attempt, ms. */
export const timeoutMs = ({ timeout = '10s' }: Webhook): number => durationMs(timeout);

/** How long a gate is waited for, ms. */
export const patienceMs = ({ deadline = '24h' }: Webhook): number => durationMs(deadline);
