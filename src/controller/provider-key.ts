/** Kinds of objects that say where messages go. */
export type ProviderKind = 'NotificationProvider' | 'AlertProvider';

export type ProviderRef = { readonly kind: ProviderKind; readonly namespace: string; readonly name: string };

/** One word for a provider, as it stands in a status: `shop/slack`, or `AlertProvider shop/slack` for Flagger's. */
export const providerKey = ({ kind, namespace, name }: ProviderRef): string =>
  kind === 'AlertProvider' ? `${kind} ${namespace}/${name}` : `${namespace}/${name}`;

/** The provider of a word that `providerKey` has made. */
export const readProviderKey = (key: string): ProviderRef => {
  const isFlagger = key.startsWith('AlertProvider ');
  const [namespace = '', name = ''] = key.slice(key.indexOf(' ') + 1).split('/');
  return { kind: isFlagger ? 'AlertProvider' : 'NotificationProvider', namespace, name };
};

/** API version of each kind. */
export const PROVIDER_API: Readonly<Record<ProviderKind, string>> = {
  NotificationProvider: 'serin.dev/v1alpha1',
  AlertProvider: 'flagger.app/v1beta1',
};
