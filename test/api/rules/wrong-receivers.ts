type WrongSpec = { readonly kind: string; readonly spec: unknown; readonly told: readonly string[] };

const wrong = (spec: Readonly<Record<string, unknown>>, ...told: readonly string[]): WrongSpec => ({
  kind: 'NotificationProvider',
  spec,
  told: told.map((text) => `spec.${text}`),
});

const secretRef = { name: 'receiver' };
const address = 'https://hook.test/x';
const NO_CHAT =
  'channel: telegram needs a chat: want channel with its id such as -1001234567890, or @name, and :topic behind it';

/** NotificationProviders that one rule refuses. */
export const WRONG_RECEIVERS: readonly WrongSpec[] = [
  wrong(
    { type: 'slack' },
    'address: Nothing tells where messages go: want address, or secretRef to a Secret with the key address',
  ),
  ...['discord', 'msteams', 'gchat', 'webhook', 'generic'].map((type) =>
    wrong(
      { type, address, channel: 'ops' },
      'channel: channel is for type slack, rocket, telegram, and the address of another decides alone: remove it',
    ),
  ),
  ...['msteams', 'gchat', 'webhook', 'generic'].map((type) =>
    wrong(
      { type, address, username: 'serin' },
      'username: username is for type slack, discord, rocket, and another has a name of its own: remove it',
    ),
  ),
  wrong(
    { type: 'telegram', address: 'https://bots.test', channel: '-100' },
    'secretRef: telegram needs the token of a bot: want secretRef to a Secret with the key token',
  ),
  ...[undefined, 'ops', '-100:', '@ops:general', '1:2:3'].map((channel) =>
    wrong({ type: 'telegram', secretRef, ...(channel === undefined ? {} : { channel }) }, NO_CHAT),
  ),
];
