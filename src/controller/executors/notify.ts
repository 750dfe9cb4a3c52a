import type { Deliver } from '../../notify/notifier.ts';
import type { EffectResult, NotifyEffect } from '../../rollout/effect.ts';
import { type ProviderDeps, receiverFor } from './receiver-for.ts';

/** Sends one message to the provider that it is for; its Secret is read now. */
export const executeNotify = async (
  effect: NotifyEffect,
  deps: ProviderDeps & { readonly signal: AbortSignal; readonly deliver: Deliver },
): Promise<EffectResult> => {
  const found = await receiverFor(effect, deps);
  if ('unwanted' in found) return { kind: 'notify', delivered: true, detail: found.unwanted };
  if ('wrong' in found) return { kind: 'notify', delivered: false, detail: found.wrong };
  const delivery = await deps.deliver(effect.message, { receiver: found.receiver, signal: deps.signal });
  return { kind: 'notify', ...delivery };
};
