import { clip, dim, pad, plainText, type Style, widthOf } from './style.ts';

/** Rows under a head, in columns as wide as they need; lines are cut at the window's edge only. */
export const renderTable = (
  head: readonly string[],
  { rows, style }: { readonly rows: readonly (readonly string[])[]; readonly style: Style },
): readonly string[] => {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => safe(cell, style)));
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => widthOf(cells[column] ?? ''))));
  const drawn = lines.map((cells) =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return drawn.map((line, index) => (index === 0 ? dim(clip(line, style), style) : clip(line, style)));
};

/** Text of others must not move the cursor; our own marks are coloured by escapes, which are kept. */
const safe = (cell: string, style: Style): string =>
  style.color ? clip(cell, { ...style, width: Infinity }) : plainText(cell, style);
