/** Where in PromQL a variable stands; what a value may be, and how it is escaped, follows from it. */
type Place = { readonly quote: '"' | "'" | '`'; readonly regex: boolean } | 'bare';

export type RenderOptions = {
  /** Variable → value. */
  readonly values: ReadonlyMap<string, string>;
  /** Variables that stay as they are, for a later turn. */
  readonly kept?: ReadonlySet<string>;
  /** Variables whose values are written as they should stand between quotes: nothing in them is escaped. */
  readonly raw?: ReadonlySet<string>;
};

export type RenderedQuery = { readonly text: string; readonly problems: readonly string[] };

/** What may stand outside quotes: a number, a duration, a part of a name. Never an operator, a brace, a space. */
const BARE = /^-?[A-Za-z0-9_:.]+$/;
const VARIABLE = /^\s*([A-Za-z][A-Za-z0-9_.-]*)\s*$/;

/**
 * Fills in `{{ variable }}`. A value is escaped for the place where it stands, so that it can only ever be the value
 * of a label, literal text in a regular expression, or one word; never a piece of query.
 */
export const renderQuery = (query: string, options: RenderOptions): RenderedQuery => {
  const problems: string[] = [];
  let text = '';
  let place: Place = 'bare';
  for (let index = 0; index < query.length; ) {
    if (query.startsWith('{{', index)) {
      const end = query.indexOf('}}', index);
      const whole = end < 0 ? query.slice(index) : query.slice(index, end + 2);
      text += renderVariable(whole, place, { ...options, problems });
      index += whole.length;
      continue;
    }
    const length =
      place === 'bare' && query[index] === '#' ? lineLength(query, index) : escapeLength(query, index, place);
    const piece = query.slice(index, index + length);
    place = placeAfter(place, piece, text);
    text += piece;
    index += length;
  }
  return { text, problems };
};

const renderVariable = (
  whole: string,
  place: Place,
  options: RenderOptions & { readonly problems: string[] },
): string => {
  const written = VARIABLE.exec(whole.slice(2, -2))?.[1];
  const name = written?.replace(/^variables\./, 'args.');
  if (name === undefined || !whole.endsWith('}}')) {
    options.problems.push(`Cannot read "${whole.slice(0, 60)}": want one variable, such as {{ target }}`);
    return whole;
  }
  if (options.kept?.has(name)) return `{{ ${name} }}`;
  const value = options.values.get(name);
  if (value === undefined) {
    const said = (known: string): string =>
      written?.startsWith('variables.') ? known.replace(/^args\./, 'variables.') : known;
    const known = [...options.values.keys(), ...(options.kept ?? [])].map(said).sort();
    options.problems.push(`Unknown variable "${written}": want one of ${known.join(', ')}`);
    return whole;
  }
  const isRaw = place !== 'bare' && options.raw?.has(name) === true;
  const escaped = isRaw ? rawIn(place.quote, value) : escapeFor(place, value);
  if (escaped !== undefined) return escaped;
  if (isRaw) {
    options.problems.push(
      `The value of "${written}" would end its quotes: want it without ${place.quote}, unless with \\ before it`,
    );
    return whole;
  }
  options.problems.push(
    place === 'bare'
      ? `The value of "${name}" cannot stand outside quotes: want a number, a duration or a name`
      : `The value of "${name}" cannot stand between backticks, for it has one: want double quotes`,
  );
  return whole;
};

/** A value that is meant as it is written; undefined when it would not stay between its quotes. */
const rawIn = (quote: string, value: string): string | undefined => {
  if (quote === '`') return value.includes('`') ? undefined : value;
  const inside = quote === '"' ? /^([^"\\\n]|\\[^\n])*$/ : /^([^'\\\n]|\\[^\n])*$/;
  return inside.test(value) ? value : undefined;
};

/** Undefined when the value cannot stand there. */
const escapeFor = (place: Place, value: string): string | undefined => {
  if (place === 'bare') return BARE.test(value) ? value : undefined;
  const literal = place.regex ? value.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&') : value;
  if (place.quote === '`') return value.includes('`') ? undefined : literal;
  return literal.replaceAll('\\', '\\\\').replaceAll(place.quote, `\\${place.quote}`).replaceAll('\n', '\\n');
};

/** Where the text after `piece` stands; `before` is the query up to it. */
const placeAfter = (place: Place, piece: string, before: string): Place => {
  if (place !== 'bare') return piece === place.quote ? 'bare' : place;
  if (piece === '"' || piece === "'" || piece === '`') return { quote: piece, regex: /[=!]~\s*$/.test(before) };
  return 'bare';
};

/** Length of a comment with its line end. */
const lineLength = (query: string, index: number): number => {
  const end = query.indexOf('\n', index);
  return (end < 0 ? query.length : end + 1) - index;
};

/** Two characters for an escape inside quotes, else one. */
const escapeLength = (query: string, index: number, place: Place): number =>
  place !== 'bare' && place.quote !== '`' && query[index] === '\\' ? 2 : 1;
