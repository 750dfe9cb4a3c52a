import { type Labels, METRIC_NAME } from './labels.ts';

export type ExposedSample = { readonly labels: Labels; readonly value: number };

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(,|(?=\}))/y;
const VALUE = /^[+-]?(inf(inity)?|nan|([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?)$/i;

/**
 * The samples of a text exposition (format 0.0.4). Comments, HELP and TYPE lines are skipped. Throws a SyntaxError
 * with the line for what cannot be read, and for explicit timestamps, which the sandbox does not keep.
 */
export const parseExposition = (text: string): readonly ExposedSample[] =>
  text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim();
    return trimmed === '' || trimmed.startsWith('#') ? [] : [parseLine(trimmed, index + 1)];
  });

const parseLine = (line: string, number: number): ExposedSample => {
  const refuse = (problem: string): SyntaxError =>
    new SyntaxError(`Cannot read line ${number} of the exposition, "${line}": ${problem}`);
  NAME.lastIndex = 0;
  const name = NAME.exec(line)?.[0];
  if (name === undefined) throw refuse('want a metric name first');
  const labels: Record<string, string> = { [METRIC_NAME]: name };
  let rest = name.length;
  if (line[rest] === '{') {
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
    rest++;
  }
  const fields = line.slice(rest).trim().split(/\s+/);
  if (fields.length > 1) throw refuse('timestamps are not supported');
  if (!VALUE.test(fields[0] ?? '')) throw refuse('want a number after the name');
  return { labels, value: Number((fields[0] ?? '').replace(/inf(inity)?/i, 'Infinity').replace(/nan/i, 'NaN')) };
};

const readEscapes = (value: string): string =>
  value.replace(/\\(.)/g, (whole, code: string) =>
    code === 'n' ? '\n' : code === '\\' || code === '"' ? code : whole,
  );
