import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isRecord } from '#src/lib/json.ts';

/** Where the numbers of a run go; the runner prints them as tables at its end. */
const FILE = process.env['SERIN_CLUSTER_REPORT'];

/** Tells the runner, by an empty file beside the report. */
export const tellRunner = (what: string): void => {
  if (FILE !== undefined) writeFileSync(join(dirname(FILE), what), '');
};

/** A table of the report. */
export type Table = { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };

/** Keeps rows for the table `title` of the runner's report; rows of several tests come together. */
export const report = (title: string, table: Table): void => {
  if (FILE === undefined) return;
  const all = readReport(FILE);
  const rows = [...(all[title]?.rows ?? []), ...table.rows];
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, JSON.stringify({ ...all, [title]: { columns: table.columns, rows } }));
};

export const readReport = (file: string): Readonly<Record<string, Table>> => {
  if (!existsSync(file)) return {};
  const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return isRecord(found) ? (found as Readonly<Record<string, Table>>) : {};
};

/** The tables as Markdown. */
export const markdown = (tables: Readonly<Record<string, Table>>): string =>
  Object.entries(tables)
    .map(([title, { columns, rows }]) => {
      const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
      return [`### ${title}`, '', line(columns), line(columns.map(() => '---')), ...rows.map(line), ''].join('\n');
    })
    .join('\n');
