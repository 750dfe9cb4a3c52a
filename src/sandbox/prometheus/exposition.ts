import { type Labels, METRIC_NAME } from './labels.ts';

export type ExposedSample = { readonly labels: Labels; readonly value: number };

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(,|(?=\}))/y;
const VALUE = /^[+-]?(inf(inity)?|nan|([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?)$/i;

/** Label sets by their text: whoever reads the same target again gets the same sets, without taking them apart. */
export type KnownLabels = Map<string, Labels>;

/**
 * The samples of a text exposition (format 0.0.4). Comments, HELP and TYPE lines are skipped. Throws a SyntaxError
 * with the line for what cannot be read, and for explicit timestamps, which the sandbox does not keep.
 */
export const parseExposition = (text: string, known: KnownLabels = new Map()): readonly ExposedSample[] =>
  text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim();
    return trimmed === '' || trimmed.startsWith('#') ? [] : [parseLine(trimmed, { number: index + 1, known })];
  });

type Place = { readonly number: number; readonly known: KnownLabels };

const parseLine = (line: string, { number, known }: Place): ExposedSample => {
  const refuse = (problem: string): SyntaxError =>
    new SyntaxError(`Cannot read line ${number} of the exposition, "${line}": ${problem}`);
  const end = line.lastIndexOf(' ');
  const series = line.slice(0, end);
  const before = end < 0 ? undefined : known.get(series);
  const { labels, rest } = before === undefined ? readLabels(line, refuse) : { labels: before, rest: end };
  const fields = line.slice(rest).trim().split(/\s+/);
  if (fields.length > 1) throw refuse('timestamps are not supported');
  if (!VALUE.test(fields[0] ?? '')) throw refuse('want a number after the name');
  // A blank may stand within a label.
  if (before === undefined && end >= rest) known.set(series, labels);
  return { labels, value: Number((fields[0] ?? '').replace(/inf(inity)?/i, 'Infinity').replace(/nan/i, 'NaN')) };
};

/** The labels at the beginning of a line, and where they end. */
const readLabels = (
  line: string,
  refuse: (problem: string) => SyntaxError,
): { readonly labels: Labels; readonly rest: number } => {
  NAME.lastIndex = 0;
  const name = NAME.exec(line)?.[0];
  if (name === undefined) throw refuse('want a metric name first');
  const labels: Record<string, string> = { [METRIC_NAME]: name };
  let rest = name.length;
  if (line[rest] !== '{') return { labels, rest };
  rest++;
  while (line[rest] !== '}') {
    LABEL.lastIndex = rest;
    const pair = LABEL.exec(line);
    const [whole, label, value] = [pair?.[0], pair?.[1], pair?.[2]];
    if (whole === undefined || label === undefined) throw refuse('want label="value" pairs between braces');
    // A label with an empty value is a label that is not there.
    if (value !== undefined && value !== '') labels[label] = readEscapes(value);
    rest += whole.length;
  }
  return { labels, rest: rest + 1 };
};

const readEscapes = (value: string): string =>
  value.replace(/\\(.)/g, (whole, code: string) =>
    code === 'n' ? '\n' : code === '\\' || code === '"' ? code : whole,
  );
