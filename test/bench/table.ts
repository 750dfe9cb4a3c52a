import { type Measure, numberText } from './measure.ts';

const HEADINGS = ['', 'measure', 'budget', 'measured'] as const;

const markOf = ({ held }: Measure): string => (held === undefined ? '·' : held ? '✔' : '✖');

const rowOf = (measure: Measure): readonly string[] => [
  markOf(measure),
  measure.name,
  measure.budget,
  `${numberText(measure.value)} ${measure.unit}`,
];

/** The measures as text: ✔ kept and ✖ broken budgets, · what is printed only; below each how it was measured. */
export const tableOf = (measures: readonly Measure[]): string => {
  const rows = measures.map(rowOf);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const body = measures.flatMap((measure) => [line(rowOf(measure)), `     ${measure.detail}`]);
  return [line(HEADINGS), ...body].join('\n');
};
