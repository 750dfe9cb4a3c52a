import { parseAlertProvider } from '../../api/alert-provider.ts';
import { allowsNamespace } from '../../api/allowed-namespaces.ts';
import { parseNotificationProvider } from '../../api/parse.ts';
import { SEVERITIES } from '../../api/words.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { Receiver } from '../../notify/receiver.ts';
import { TELEGRAM_ADDRESS } from '../../notify/telegram.ts';
import type { NotifyEffect } from '../../rollout/effect.ts';
import type { Caches } from '../caches.ts';
import { PROVIDER_API, readProviderKey } from '../provider-key.ts';
import { readSecret, type SecretContent } from '../secrets.ts';

export type ProviderDeps = {
  readonly client: KubeClient;
  readonly caches: Pick<Caches, 'get'>;
};

/** Where a message goes; or why nowhere: the provider does not want it, or a person has to put something right. */
type Found = { readonly receiver: Receiver } | { readonly unwanted: string } | { readonly wrong: string };

type Wanted = Omit<Receiver, 'address' | 'token' | 'hmac'> & {
  readonly address?: string | undefined;
  readonly secretRef?: { readonly name: string } | undefined;
};

/** Where Slack takes messages from a bot with a token. */
const SLACK_API = 'https://slack.com/api/chat.postMessage';

/** What the provider of a message says of it, as it stands now. */
export const receiverFor = async ({ provider, message }: NotifyEffect, deps: ProviderDeps): Promise<Found> => {
  const { kind, namespace, name } = readProviderKey(provider);
  const shown = `${kind} ${namespace}/${name}`;
  const object = deps.caches.get({ apiVersion: PROVIDER_API[kind], kind, namespace, name });
  if (object === undefined) return { wrong: `${shown} does not exist any more` };
  const wanted =
    kind === 'AlertProvider' ? fromAlertProvider(object, message) : fromNotificationProvider(object, message);
  if (!('type' in wanted)) return 'wrong' in wanted ? { wrong: `${shown} ${wanted.wrong}` } : wanted;
  const { secretRef, address: inSpec, ...rest } = wanted;
  const secret = secretRef === undefined ? {} : await readSecret(deps.client, { namespace, name: secretRef.name });
  const address = secret['address'] ?? inSpec ?? knownAddress(wanted.type, secret);
  if (address === undefined) return { wrong: `${shown} has no address: set spec.address or the Secret's key address` };
  if (wanted.type === 'telegram' && secret['token'] === undefined)
    return { wrong: `${shown} has no bot: set the Secret's key token` };
  const receiver: Receiver = {
    ...rest,
    address: address.trim(),
    ...(secret['token'] === undefined ? {} : { token: secret['token'].trim() }),
    ...(secret['hmac'] === undefined ? {} : { hmac: secret['hmac'] }),
  };
  return { receiver };
};

const knownAddress = (type: Receiver['type'], secret: SecretContent): string | undefined => {
  if (type === 'telegram') return TELEGRAM_ADDRESS;
  return type === 'slack' && secret['token'] !== undefined ? SLACK_API : undefined;
};

type Message = NotifyEffect['message'];
type Read = Wanted | Exclude<Found, { readonly receiver: Receiver }>;

const fromNotificationProvider = (object: KubeObject, message: Message): Read => {
  const parsed = parseNotificationProvider(object);
  if (!parsed.ok) return { wrong: `is not valid: ${parsed.problems[0]?.message ?? ''}` };
  const { severity, kinds, ...spec } = parsed.spec;
  if (SEVERITIES.indexOf(message.severity) < SEVERITIES.indexOf(severity))
    return { unwanted: 'below the severity that is sent' };
  if (kinds !== undefined && !kinds.includes(message.topic)) return { unwanted: 'not asked for' };
  return {
    type: spec.type,
    address: spec.address,
    secretRef: spec.secretRef,
    ...(spec.channel === undefined ? {} : { channel: spec.channel }),
    ...(spec.username === undefined ? {} : { username: spec.username }),
    ...(spec.proxy === undefined ? {} : { proxy: spec.proxy }),
    ...(spec.headers === undefined ? {} : { headers: spec.headers }),
  };
};

/** As Flagger reads it: what is empty is absent. The grant is asked for again, for it may have been taken back. */
const fromAlertProvider = (object: KubeObject, message: Message): Read => {
  if (!allowsNamespace(object, message.canary.namespace))
    return { wrong: `does not allow namespace ${message.canary.namespace} any more` };
  const parsed = parseAlertProvider(object);
  if (!parsed.ok) return { wrong: `is not valid: ${parsed.problems[0]?.message ?? ''}` };
  const { type, address, secretRef, channel = '', username = '', proxy = '' } = parsed.spec;
  return {
    type,
    dialect: 'flagger',
    address: address === '' ? undefined : address,
    secretRef,
    ...(channel === '' ? {} : { channel }),
    ...(username === '' ? {} : { username }),
    ...(proxy === '' ? {} : { proxy: proxy.replace(/^socks5h:/, 'socks5:') }),
  };
};
