import { parseNotificationProvider } from '../../api/parse.ts';
import { SEVERITIES } from '../../api/words.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { deliver } from '../../notify/deliver.ts';
import type { Receiver } from '../../notify/receiver.ts';
import type { EffectResult, NotifyEffect } from '../../rollout/effect.ts';
import type { Caches } from '../caches.ts';
import { readSecret } from '../secrets.ts';

/** Sends one message to the provider that it is for; its Secret is read now. */
export const executeNotify = async (
  effect: NotifyEffect,
  deps: {
    readonly client: KubeClient;
    readonly caches: Caches;
    readonly signal: AbortSignal;
    readonly deliver: typeof deliver;
  },
): Promise<EffectResult> => {
  const failed = (detail: string): EffectResult => ({ kind: 'notify', delivered: false, detail });
  const [namespace = '', name = ''] = effect.provider.split('/');
  const object = deps.caches.get({ apiVersion: 'serin.dev/v1alpha1', kind: 'NotificationProvider', namespace, name });
  if (object === undefined) return failed(`NotificationProvider ${effect.provider} does not exist any more`);
  const parsed = parseNotificationProvider(object);
  if (!parsed.ok)
    return failed(`NotificationProvider ${effect.provider} is not valid: ${parsed.problems[0]?.message ?? ''}`);
  const { spec } = parsed;
  const { type } = spec;
  if (type !== 'slack' && type !== 'webhook')
    return failed(`NotificationProvider ${effect.provider} has type ${type}, which is not supported yet`);
  if (SEVERITIES.indexOf(effect.message.severity) < SEVERITIES.indexOf(spec.severity))
    return { kind: 'notify', delivered: true, detail: 'below the severity that is sent' };
  if (spec.kinds !== undefined && !spec.kinds.includes(effect.message.topic))
    return { kind: 'notify', delivered: true, detail: 'not asked for' };
  const secret =
    spec.secretRef === undefined ? {} : await readSecret(deps.client, { namespace, name: spec.secretRef.name });
  const address = secret['address'] ?? spec.address;
  if (address === undefined)
    return failed(
      `NotificationProvider ${effect.provider} has no address: set spec.address or the Secret's key address`,
    );
  const receiver: Receiver = {
    type,
    address: address.trim(),
    ...(secret['token'] === undefined ? {} : { token: secret['token'].trim() }),
    ...(secret['hmac'] === undefined ? {} : { hmac: secret['hmac'] }),
    ...(spec.channel === undefined ? {} : { channel: spec.channel }),
    ...(spec.username === undefined ? {} : { username: spec.username }),
    ...(spec.proxy === undefined ? {} : { proxy: spec.proxy }),
    ...(spec.headers === undefined ? {} : { headers: spec.headers }),
  };
  const delivery = await deps.deliver(effect.message, { receiver, signal: deps.signal });
  return { kind: 'notify', ...delivery };
};
