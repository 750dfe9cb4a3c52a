import { bytes, fit, fitItems } from './fit.ts';
import { authorOf, fieldsOf, textOf } from './message-parts.ts';
import type { Format } from './receiver.ts';

/** A card is at most 32 KB: https://developers.google.com/workspace/chat/api/reference/rest/v1/CardWithId */
const TOTAL = 30_000;

/** Text paragraphs are HTML. */
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const asHtml = (character: string): string => ENTITIES[character] ?? character;

const COLOURS = { info: '#188038', warn: '#E37400', error: '#D93025' } as const;
const FLAGGER_GREY = '#848484';

/** Google Chat, by the webhook of a space. */
export const gchatFormat: Format = {
  render: (message, receiver) => {
    const isFlagger = receiver.dialect === 'flagger';
    const colour = isFlagger ? FLAGGER_GREY : COLOURS[message.severity];
    const strong = (text: string, limit: number): string =>
      `<font color=${colour}><strong>${fit(text, limit, { escape: asHtml })}</strong></font>`;
    const paragraph = (text: string) => ({ widgets: [{ textParagraph: { text } }] });
    const header = {
      title: isFlagger ? 'Flagger' : 'Serin',
      subtitle: fit(authorOf(message, receiver), 300),
      ...(isFlagger ? { imageUrl: 'https://flagger.app/favicon.png' } : {}),
    };
    const body = fitItems(fieldsOf(message).slice(0, 20), {
      limit: TOTAL,
      measure: bytes,
      render: (fields) =>
        JSON.stringify({
          cards: [
            {
              header,
              sections: [
                paragraph(strong(textOf(message), 4000)),
                ...fields.map(({ title, value }) =>
                  paragraph(`${fit(title, 256, { escape: asHtml })}<br>${strong(value, 1024)}`),
                ),
              ],
            },
          ],
        }),
    });
    return { body, headers: {} };
  },
};
