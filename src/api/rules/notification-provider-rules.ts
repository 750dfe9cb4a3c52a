import type { NotificationProviderSpec, ReceiverType } from '../notification-provider.ts';
import { celList, celText, type Rule, type RuleBody, rulesAt } from './rule.ts';

type Spec = NotificationProviderSpec;

/** Refuses a field that some types of receivers have nothing to do with. */
const onlyFor = (
  field: keyof Spec & string,
  { types, why }: { readonly types: readonly ReceiverType[]; readonly why: string },
): RuleBody<Spec> => {
  const listed: readonly string[] = types;
  return {
    field,
    fault: 'forbidden',
    sentence: `${field} is for type ${types.join(', ')}, and ${why}: remove it`,
    cel: `!has(self.${field}) || self.type in ${celList(types)}`,
    holds: (spec) => spec[field] === undefined || listed.includes(spec.type),
  };
};

const CHAT = '^(-?[0-9]{1,20}|@[A-Za-z0-9_]{1,64})(:[0-9]{1,20})?$';

/** Rules of NotificationProvider. */
export const notificationProviderRules: readonly Rule[] = rulesAt<Spec>('spec', [
  {
    field: 'address',
    fault: 'required',
    sentence: 'Nothing tells where messages go: want address, or secretRef to a Secret with the key address',
    cel: 'has(self.address) || has(self.secretRef)',
    holds: ({ address, secretRef }) => address !== undefined || secretRef !== undefined,
  },
  onlyFor('channel', { types: ['slack', 'rocket', 'telegram'], why: 'the address of another decides alone' }),
  onlyFor('username', { types: ['slack', 'discord', 'rocket'], why: 'another has a name of its own' }),
  {
    field: 'secretRef',
    fault: 'required',
    sentence: 'telegram needs the token of a bot: want secretRef to a Secret with the key token',
    cel: 'self.type != "telegram" || has(self.secretRef)',
    holds: ({ type, secretRef }) => type !== 'telegram' || secretRef !== undefined,
  },
  {
    field: 'channel',
    fault: 'required',
    sentence: 'telegram needs a chat: want channel with its id such as -1001234567890, or @name, and :topic behind it',
    cel: `self.type != "telegram" || (has(self.channel) && self.channel.matches(${celText(CHAT)}))`,
    holds: ({ type, channel }) => type !== 'telegram' || (channel !== undefined && new RegExp(CHAT).test(channel)),
  },
]);
