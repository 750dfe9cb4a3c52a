type Escape = (character: string) => string;

const asItIs: Escape = (character) => character;

/**
 * `text`, escaped, in at most `limit` UTF-16 units; what is cut off becomes "…". Whole characters and whole escapes
 * stay whole.
 */
export const fit = (
  text: string,
  limit: number,
  { escape: each = asItIs }: { readonly escape?: Escape } = {},
): string => {
  let fitted = '';
  /** As much as leaves room for the ellipsis. */
  let cut = '';
  for (const character of text) {
    const piece = each(character);
    if (fitted.length + piece.length > limit) return `${cut}…`;
    fitted += piece;
    if (fitted.length < limit) cut = fitted;
  }
  return fitted;
};

/** The longest beginning of `items` whose rendering is no longer than `limit`, by `measure`; rendered. */
export const fitItems = <Item>(
  items: readonly Item[],
  options: {
    readonly render: (items: readonly Item[]) => string;
    readonly limit: number;
    readonly measure?: (text: string) => number;
  },
): string => {
  const { render, limit, measure = (text) => text.length } = options;
  for (let count = items.length; count > 0; count--) {
    const text = render(items.slice(0, count));
    if (measure(text) <= limit) return text;
  }
  return render([]);
};

/** For `fitItems`: limits that are told in bytes. */
export const bytes = (text: string): number => Buffer.byteLength(text);
