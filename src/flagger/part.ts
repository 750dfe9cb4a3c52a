import type { Problem } from '../api/problem.ts';
import type { JsonRecord } from '../lib/json.ts';

/** What one part of a Flagger Canary comes to: fields of Serin's spec, and what cannot be taken over. */
export type Part = {
  readonly fields: JsonRecord;
  readonly problems: readonly Problem[];
  /** What is left out without harm, in words, with its place: told once, never in silence. */
  readonly notes: readonly Note[];
};

export type Note = { readonly where: string; readonly message: string };

export const problem = (where: string, message: string): Problem => ({ where, message, reason: 'InvalidSpec' });

export const part = (parts: Partial<Part>): Part => ({ fields: {}, problems: [], notes: [], ...parts });

/** The parts put together; a later one's fields win. */
export const together = (...parts: readonly Part[]): Part => ({
  fields: Object.assign({}, ...parts.map(({ fields }) => fields)),
  problems: parts.flatMap(({ problems }) => problems),
  notes: parts.flatMap(({ notes }) => notes),
});

/** The parts of a list's items, in order, as the list `field`; nothing when there is no list. */
export const listPart = (field: string, items: readonly Part[] | undefined): Part =>
  items === undefined
    ? part({})
    : {
        ...together(...items.map(({ problems, notes }) => part({ problems, notes }))),
        fields: { [field]: items.map(({ fields }) => fields) },
      };

/** The part as the object `field` of another. */
export const within = (field: string, inner: Part): Part => ({ ...inner, fields: { [field]: inner.fields } });

/** The named fields of `record` as they stand; absent ones stay absent. */
export const kept = (record: JsonRecord, names: readonly string[]): Part =>
  part({
    fields: Object.fromEntries(names.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]]))),
  });
