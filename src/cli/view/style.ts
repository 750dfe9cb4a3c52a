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

/** Columns that the text takes; escape sequences take none. */
export const widthOf = (text: string): number => [...stripVTControlCharacters(text)].length;

/** Pads to `width` columns by what is seen, not by length. */
export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** Cuts in the middle, never the suffix: the end of a Kubernetes name is what tells it apart. */
export const cutMiddle = (text: string, width: number): string => {
  const points = [...text];
  if (points.length <= width) return text;
  const tail = Math.floor((width - 1) / 2);
  return `${points.slice(0, width - 1 - tail).join('')}…${points.slice(points.length - tail).join('')}`;
};

/** Cuts a drawn line at the window's edge, keeping escape sequences whole. */
export const clip = (line: string, style: Style): string => {
  if (widthOf(line) <= style.width) return line;
  let seen = 0;
  let result = '';
  for (const part of line.split(SEQUENCE)) {
    if (part.startsWith(ESCAPE)) {
      result += part;
      continue;
    }
    for (const point of part) {
      if (seen >= style.width - 1) return `${result}…${style.color ? '\u001b[0m' : ''}`;
      result += point;
      seen++;
    }
  }
  return result;
};

/** `42s`, `12m04s`, `3h10m`, `4d`. */
export const ageOf = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3600)}h${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}m`;
  return `${Math.floor(seconds / 86_400)}d`;
};
