import { PromqlError } from './promql-error.ts';

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

/** Milliseconds of `1h30m`, or undefined when `text` is no duration. */
export const readDuration = (text: string): number | undefined => {
  if (!/^([0-9]+(ms|[smhdwy]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/([0-9]+)(ms|[smhdwy])/g)) {
    total += Number(count) * (UNITS_MS[unit ?? ''] ?? 0);
  }
  return total;
};

/** A number as PromQL writes it: decimal, hexadecimal, `Inf`, `NaN`, or a duration, which counts seconds. */
export const readNumber = (text: string): number => {
  const duration = readDuration(text);
  if (duration !== undefined) return duration / 1000;
  if (/^inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  return Number(text.replaceAll('_', ''));
};

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The text of a string literal: Go's escapes between single or double quotes, none between backticks. */
export const readString = (literal: string): string => {
  const body = literal.slice(1, -1);
  if (literal.startsWith('`')) return body;
  return body.replace(
    /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/gs,
    (_whole: string, code: string) => {
      if (code.length > 1) {
        const octal = /^[0-7]/.test(code);
        return String.fromCodePoint(Number.parseInt(octal ? code : code.slice(1), octal ? 8 : 16));
      }
      const character = ESCAPES[code] ?? (/[\\'"]/.test(code) ? code : undefined);
      if (character === undefined) throw new PromqlError('parse', `Unknown escape sequence \\${code} in ${literal}`);
      return character;
    },
  );
};
