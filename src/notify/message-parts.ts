import type { Message } from '../rollout/effect.ts';
import type { Receiver } from './receiver.ts';

export type Field = Message['fields'][number];

/** Title, reason and what comes next, for receivers that take one text. */
export const textOf = ({ title, text }: Message): string => (text === '' ? title : `${title}\n${text}`);

/** Whom it is about, in the words of who asked for it. */
export const authorOf = ({ canary }: Message, { dialect }: Receiver): string =>
  dialect === 'flagger' ? `${canary.name}.${canary.namespace}` : `${canary.namespace}/${canary.name}`;

/** The fields, led by what else tells one message from another. No service takes an empty value. */
export const fieldsOf = ({ cluster, target, fields }: Message): readonly Field[] =>
  [{ title: 'Cluster', value: cluster }, { title: 'Target', value: target }, ...fields].map(({ title, value }) => ({
    title,
    value: value === '' ? '-' : value,
  }));

/**
 * For services that read Markdown and Slack's links without a way to escape both: text stays as it is, but cannot make a
 * link whose words hide where it leads.
 */
export const withoutLinks = (text: string): string => text.replaceAll('](', '] (').replaceAll('<', '<\u200b');
