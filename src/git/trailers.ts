import { GitError } from './git-error.ts';

/** Keys of the lines at the end of each commit that Serin makes; history can be rebuilt from them alone. */
export const TRAILERS = [
  'Serin-Operation',
  'Serin-Outcome',
  'Serin-Canary',
  'Serin-Run',
  'Serin-From',
  'Serin-To',
  'Serin-Source',
  'Serin-Reverts',
  'Serin-Requested-By',
  'Serin-Reason',
  'Serin-Approved-By',
] as const;
export type Trailer = readonly [key: (typeof TRAILERS)[number], value: string];

const MAX_VALUE = 512;

/** The paragraph that ends a commit message. Values must be one line of printable ASCII. */
export const formatTrailers = (trailers: readonly Trailer[]): string =>
  trailers
    .map(([key, value]) => {
      if (!/^[\x20-\x7e]+$/.test(value) || value.length > MAX_VALUE) {
        throw new GitError(
          'internal',
          `Cannot write trailer ${key}: want one line of at most ${MAX_VALUE} ASCII characters`,
        );
      }
      return `${key}: ${value}`;
    })
    .join('\n');

/** A person's words as a trailer's value: one line of ASCII, with what is not ASCII as `\u{…}`, cut to what one may hold. */
export const trailerText = (text: string): string => {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  let value = '';
  for (const point of line) {
    const ascii = /^[\x20-\x7e]$/.test(point) ? point : `\\u{${point.codePointAt(0)?.toString(16)}}`;
    if (value.length + ascii.length > MAX_VALUE) break;
    value += ascii;
  }
  return value === '' ? '-' : value;
};

/** Ids of the operations that a commit message carries, also when a host has squashed several commits into it. */
export const operationsIn = (message: string): readonly string[] =>
  [...message.matchAll(/^\s*Serin-Operation: (\S+)\s*$/gm)].flatMap((match) => match[1] ?? []);
