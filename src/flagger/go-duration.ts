import { DURATION_PATTERN, durationMs } from '../api/duration.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const GO_DURATION = /^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$/;

const inWords = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${Math.ceil(ms)}ms`);

/** A duration as Go reads it (`90s`, `1m30s`, `1.5m`) in Serin's spelling; undefined when Go could not read it either. */
export const fromGoDuration = (text: unknown): { readonly text: string; readonly ms: number } | undefined => {
  if (typeof text !== 'string') return undefined;
  if (new RegExp(DURATION_PATTERN).test(text)) return { text, ms: durationMs(text) };
  if (!GO_DURATION.test(text)) return undefined;
  let ms = 0;
  for (const [, count, , unit] of text.matchAll(/([0-9]+(\.[0-9]*)?)(ns|us|µs|ms|s|m|h)/g)) {
    ms += Number(count) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return { text: inWords(ms), ms };
};
