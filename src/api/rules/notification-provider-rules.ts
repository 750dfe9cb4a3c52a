import type { NotificationProviderSpec } from '../notification-provider.ts';
import { celList, type Rule, rulesAt } from './rule.ts';

const TYPES: readonly string[] = ['slack', 'webhook'];

/** Rules of NotificationProvider. */
export const notificationProviderRules: readonly Rule[] = rulesAt<NotificationProviderSpec>('spec', [
  {
    field: 'type',
    fault: 'forbidden',
    sentence: 'type {type} is not supported yet: want slack or webhook',
    cel: `self.type in ${celList(TYPES)}`,
    holds: ({ type }) => TYPES.includes(type),
  },
  {
    field: 'address',
    fault: 'required',
    sentence: 'Nothing tells where messages go: want address, or secretRef to a Secret with the key address',
    cel: 'has(self.address) || has(self.secretRef)',
    holds: ({ address, secretRef }) => address !== undefined || secretRef !== undefined,
  },
]);
