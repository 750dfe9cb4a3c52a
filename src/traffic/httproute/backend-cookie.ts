import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, recordAt, stringAt } from '../../lib/json.ts';
import { readSetCookie } from '../set-cookie.ts';

const NAME = 'Set-Cookie';

const isSetCookie = (name: unknown): boolean => typeof name === 'string' && name.toLowerCase() === 'set-cookie';

const isModifier = (filter: unknown): filter is JsonRecord =>
  isRecord(filter) && filter['type'] === 'ResponseHeaderModifier';

/** True when filters say something of the Set-Cookie header. */
export const touchSetCookie = (filters: readonly unknown[]): boolean =>
  filters.filter(isModifier).some((filter) => {
    const modifier = recordAt(filter, 'responseHeaderModifier');
    const names = [...listAt(modifier, 'set'), ...listAt(modifier, 'add')].map((header) => stringAt(header, 'name'));
    return [...names, ...listAt(modifier, 'remove')].some(isSetCookie);
  });

/** The cookie of a run that a backend sets on its answers. */
export const cookieSetBy = (backend: unknown): ReturnType<typeof readSetCookie> =>
  listAt(backend, 'filters')
    .filter(isModifier)
    .flatMap((filter) => listAt(filter, 'responseHeaderModifier', 'add'))
    .filter((header) => isSetCookie(stringAt(header, 'name')))
    .map((header) => readSetCookie(stringAt(header, 'value') ?? ''))
    .find((cookie) => cookie !== undefined);

/** The backend setting a cookie, besides whatever else its filters do. The API takes one modifier among them. */
export const withCookie = (backend: JsonRecord, value: string): JsonRecord => {
  const filters = listAt(backend, 'filters');
  const modifier = recordAt(filters.find(isModifier), 'responseHeaderModifier');
  const responseHeaderModifier = { ...modifier, add: [...listAt(modifier, 'add'), { name: NAME, value }] };
  const written = { type: 'ResponseHeaderModifier', responseHeaderModifier };
  return {
    ...backend,
    filters: filters.some(isModifier)
      ? filters.map((filter) => (isModifier(filter) ? written : filter))
      : [...filters, written],
  };
};

/** The backend without the cookie of a run: `withCookie` backwards. */
export const withoutCookie = (backend: JsonRecord): JsonRecord => {
  if (cookieSetBy(backend) === undefined) return backend;
  const filters = listAt(backend, 'filters').flatMap((filter): readonly unknown[] => {
    if (!isModifier(filter)) return [filter];
    const { add: _, ...modifier } = recordAt(filter, 'responseHeaderModifier');
    const add = listAt(filter, 'responseHeaderModifier', 'add').filter(
      (header) =>
        !isSetCookie(stringAt(header, 'name')) || readSetCookie(stringAt(header, 'value') ?? '') === undefined,
    );
    const rest = { ...modifier, ...(add.length === 0 ? {} : { add }) };
    return Object.keys(rest).length === 0 ? [] : [{ ...filter, responseHeaderModifier: rest }];
  });
  const { filters: _, ...rest } = backend;
  return filters.length === 0 ? rest : { ...rest, filters };
};
