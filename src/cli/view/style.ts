import { stripVTControlCharacters } from 'node:util';

/** How a line is drawn: width, colours and icons. */
export type Style = { readonly width: number; readonly color: boolean; readonly ascii: boolean };

export type Mark = 'good' | 'bad' | 'warning' | 'unknown' | 'waiting' | 'progressing' | 'held' | 'neutral';

const MARKS: Readonly<Record<Mark, { readonly icon: string; readonly ascii: string; readonly color: number }>> = {
  good: { icon: '✔', ascii: 'ok', color: 32 },
  bad: { icon: '✖', ascii: 'x', color: 31 },
  warning: { icon: '⚠', ascii: '!', color: 31 },
  unknown: { icon: '?', ascii: '?', color: 33 },
  waiting: { icon: '◷', ascii: '.', color: 33 },
  progressing: { icon: '◌', ascii: '~', color: 94 },
  held: { icon: '॥', ascii: '=', color: 39 },
  neutral: { icon: '•', ascii: '-', color: 39 },
};

const KINDS = {
  canary: ['⟳', '@'],
  run: ['#', '#'],
  workload: ['⧉', 'o'],
  pod: ['□', '*'],
  route: ['⇄', '<>'],
  git: ['⎇', 'Y'],
  analysis: ['α', 'a'],
} as const;

const paint = (text: string, style: Style, color: number): string =>
  style.color ? `\u001b[${color}m${text}\u001b[0m` : text;

/** The mark's icon in its colour; colour is never the only signal. */
export const mark = (kind: Mark, style: Style): string =>
  paint(style.ascii ? MARKS[kind].ascii : MARKS[kind].icon, style, MARKS[kind].color);

export const kindIcon = (kind: keyof typeof KINDS, style: Style): string => KINDS[kind][style.ascii ? 1 : 0];

/** Canary yellow, primary green. */
export const roleColor = (text: string, role: string, style: Style): string =>
  role === 'canary' ? paint(text, style, 33) : role === 'primary' ? paint(text, style, 32) : text;

export const bold = (text: string, style: Style): string => paint(text, style, 1);
export const dim = (text: string, style: Style): string => paint(text, style, 2);

const ESCAPE = '\u001b';
const SEQUENCE = new RegExp(`(${ESCAPE}\\[[0-9;]*m)`);
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
const NARROW = /\p{Mn}|\p{Me}|\p{Cf}/u;

/** What Serin itself writes beyond ASCII, and what stands for it. */
const IN_ASCII: Readonly<Record<string, string>> = {
  '→': '->',
  '≥': '>=',
  '≤': '<=',
  '…': '...',
  '’': "'",
  '–': '-',
};

/** Text as it may reach the terminal: without control characters, whoever wrote them, and in ASCII where asked for. */
export const plainText = (text: string, style: Pick<Style, 'ascii'>): string => {
  const safe = text.replace(/\p{Cc}/gu, ' ');
  return style.ascii ? safe.replace(/[^\x20-\x7e]/gu, (character) => IN_ASCII[character] ?? '?') : safe;
};

const pointWidth = (point: string): number =>
  point < '\u0300' ? 1 : NARROW.test(point) ? 0 : WIDE.test(point) ? 2 : 1;

/** Columns that the text takes; escape sequences take none. */
export const widthOf = (text: string): number => {
  let width = 0;
  for (const point of stripVTControlCharacters(text)) width += pointWidth(point);
  return width;
};

/** Pads to `width` columns by what is seen, not by length. */
export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

const cutMark = ({ ascii }: Pick<Style, 'ascii'>): string => (ascii ? '~' : '…');

/** Cuts in the middle, never the suffix: the end of a Kubernetes name is what tells it apart. */
export const cutMiddle = (text: string, style: Pick<Style, 'width' | 'ascii'>): string => {
  const points = [...text];
  if (points.length <= style.width) return text;
  const tail = Math.floor((style.width - 1) / 2);
  return `${points.slice(0, style.width - 1 - tail).join('')}${cutMark(style)}${points.slice(points.length - tail).join('')}`;
};

/** A line made fit for the window: cut at its edge, with nothing in it that could move the cursor. */
export const clip = (line: string, style: Style): string => {
  const parts = line
    .split(SEQUENCE)
    .map((part, index) => (index % 2 === 0 ? plainText(part, style) : style.color ? part : ''));
  if (widthOf(parts.join('')) <= style.width) return parts.join('');
  let seen = 0;
  let result = '';
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) {
      result += part;
      continue;
    }
    for (const point of part) {
      seen += pointWidth(point);
      if (seen >= style.width) return `${result}${cutMark(style)}${style.color ? `${ESCAPE}[0m` : ''}`;
      result += point;
    }
  }
  return result;
};

/** `podinfo:6.1.0` of `registry.example.com/team/podinfo:6.1.0@sha256:…`: what tells images apart in a narrow window. */
export const shortImage = (reference: string): string =>
  reference.slice(reference.lastIndexOf('/') + 1).replace(/@sha256:.*/, '');

/** `42s`, `12m04s`, `3h10m`, `4d`. */
export const ageOf = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3600)}h${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}m`;
  return `${Math.floor(seconds / 86_400)}d`;
};
