import { isRecord } from '../../lib/json.ts';
import type { ValueMatch } from '../../rollout/request-match.ts';

const OPS = ['exact', 'prefix', 'regex'] as const;

/** Istio's StringMatch; any value at all is an empty one, as Istio refuses an empty prefix. */
export const stringMatch = ({ op, value }: ValueMatch): Readonly<Record<string, string>> =>
  op === 'prefix' && value === '' ? {} : { [op]: value };

/** What a StringMatch asks; undefined when it is none. */
export const valueMatchOf = (match: unknown): ValueMatch | undefined => {
  if (!isRecord(match)) return undefined;
  for (const op of OPS) {
    const value = match[op];
    if (typeof value === 'string') return { op, value };
  }
  return Object.keys(match).length === 0 ? { op: 'prefix', value: '' } : undefined;
};

/** True when no value passes both. An expression is compared with nothing, so that it excludes nothing. */
export const excludes = (a: ValueMatch, b: ValueMatch): boolean => {
  if (a.op === 'regex' || b.op === 'regex') return false;
  if (a.op === 'exact') return b.op === 'exact' ? a.value !== b.value : !a.value.startsWith(b.value);
  return !b.value.startsWith(a.value) && (b.op === 'exact' || !a.value.startsWith(b.value));
};
