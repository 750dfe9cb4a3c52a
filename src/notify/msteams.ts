import type { Message } from '../rollout/effect.ts';
import { bytes, fit, fitItems } from './fit.ts';
import { authorOf, type Field, fieldsOf, textOf, withoutLinks } from './message-parts.ts';
import type { Format, Receiver } from './receiver.ts';

/** Teams refuses messages above 28 KB, what it adds itself included. */
const TOTAL = 24_000;
const FACTS = 20;

/** Hosts of the workflows that took the place of Teams' own webhooks. */
const WORKFLOW_HOSTS = /(^|[.])(logic[.]azure[.](com|us|cn)|api[.](gov[.]|high[.])?powerplatform[.](com|us|cn))$/;

/**
 * A workflow takes Adaptive Cards alone, a connector of `webhook.office.com` message cards. What other addresses pass on
 * to Teams is for Flagger a message card, as it has always posted.
 */
const takesMessageCard = ({ address, dialect }: Receiver): boolean => {
  const { hostname } = new URL(address);
  if (hostname.endsWith('.webhook.office.com')) return true;
  return dialect === 'flagger' && !WORKFLOW_HOSTS.test(hostname);
};

const inside = (text: string, limit: number): string => fit(withoutLinks(text), limit);

type Card = (message: Message, receiver: Receiver, fields: readonly Field[]) => unknown;

const THEME = { info: '0076D7', warn: '0076D7', error: 'FF0000' } as const;

const messageCard: Card = (message, receiver, fields) => ({
  '@type': 'MessageCard',
  '@context': 'http://schema.org/extensions',
  themeColor: THEME[message.severity],
  summary: inside(authorOf(message, receiver), 300),
  sections: [
    {
      activityTitle: inside(textOf(message), 4000),
      activitySubtitle: inside(authorOf(message, receiver), 300),
      facts: fields.map(({ title, value }) => ({ name: inside(title, 256), value: inside(value, 1024) })),
    },
  ],
});

const COLOURS = { info: 'Good', warn: 'Warning', error: 'Attention' } as const;

/** https://adaptivecards.io/explorer */
const adaptiveCard: Card = (message, receiver, fields) => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        body: [
          {
            type: 'TextBlock',
            text: inside(message.title, 300),
            size: 'Medium',
            weight: 'Bolder',
            color: COLOURS[message.severity],
            wrap: true,
          },
          { type: 'TextBlock', text: authorOf(message, receiver), isSubtle: true, spacing: 'None', wrap: true },
          ...(message.text === '' ? [] : [{ type: 'TextBlock', text: inside(message.text, 4000), wrap: true }]),
          {
            type: 'FactSet',
            facts: fields.map(({ title, value }) => ({ title: inside(title, 256), value: inside(value, 1024) })),
          },
        ],
        msteams: { width: 'Full' },
      },
    },
  ],
});

/** A connector answers 200 also when Teams has refused the message, and says so in words; `1` is a success. */
const CONNECTOR_ERROR = /HTTP error (\d{3})/;

/** Microsoft Teams, by a workflow or by a connector. */
export const msteamsFormat: Format = {
  render: (message, receiver) => {
    const card = takesMessageCard(receiver) ? messageCard : adaptiveCard;
    const body = fitItems(fieldsOf(message).slice(0, FACTS), {
      limit: TOTAL,
      measure: bytes,
      render: (fields) => JSON.stringify(card(message, receiver, fields)),
    });
    return { body, headers: {} };
  },
  refusal: (body) => {
    const status = CONNECTOR_ERROR.exec(body)?.[1];
    if (status === undefined) return undefined;
    return { again: status === '429' || status.startsWith('5'), words: `Teams answered ${status}` };
  },
};
