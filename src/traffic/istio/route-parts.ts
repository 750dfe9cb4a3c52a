import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt } from '../../lib/json.ts';

/** The matches of a route; without any, it takes every request. */
export const matchesOf = (route: unknown): readonly JsonRecord[] => {
  const matches = listAt(route, 'match').filter(isRecord);
  return matches.length === 0 ? [{}] : matches;
};

/** The route under another name, which stands first, as people write it. */
export const renamed = ({ name: _, match: __, ...rest }: JsonRecord, name: string): JsonRecord => ({
  name,
  match: [],
  ...rest,
});
