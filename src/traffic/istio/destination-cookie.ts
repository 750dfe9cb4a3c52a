import type { JsonRecord } from '../../lib/json.ts';
import { at, isRecord, listAt, recordAt, stringAt } from '../../lib/json.ts';
import { readSetCookie } from '../set-cookie.ts';

const NAME = 'set-cookie';

const isSetCookie = (name: unknown): boolean => typeof name === 'string' && name.toLowerCase() === NAME;

/** True when a route or a destination says something of the Set-Cookie header. */
export const touchesSetCookie = (holder: unknown): boolean => {
  const response = at(holder, 'headers', 'response');
  const named = [...Object.keys(recordAt(response, 'set')), ...Object.keys(recordAt(response, 'add'))];
  return [...named, ...listAt(response, 'remove')].some(isSetCookie);
};

/** The cookie of a run that a destination sets on its answers. */
export const cookieSetBy = (destination: unknown): ReturnType<typeof readSetCookie> =>
  readSetCookie(stringAt(destination, 'headers', 'response', 'add', NAME) ?? '');

/** The destination setting a cookie, besides whatever else it does with headers. */
export const withCookie = (destination: JsonRecord, value: string): JsonRecord => {
  const headers = recordAt(destination, 'headers');
  const response = recordAt(headers, 'response');
  const add = { ...recordAt(response, 'add'), [NAME]: value };
  return { ...destination, headers: { ...headers, response: { ...response, add } } };
};

const without = (record: JsonRecord, key: string): JsonRecord => {
  const { [key]: _, ...rest } = record;
  return rest;
};

/** `record` with a field that is left out when nothing stands in it. */
const withField = (record: JsonRecord, key: string, field: JsonRecord): JsonRecord =>
  Object.keys(field).length === 0 ? without(record, key) : { ...record, [key]: field };

const withoutCookie = (destination: unknown): unknown => {
  if (!isRecord(destination) || cookieSetBy(destination) === undefined) return destination;
  const headers = recordAt(destination, 'headers');
  const response = recordAt(headers, 'response');
  const add = without(recordAt(response, 'add'), NAME);
  return withField(destination, 'headers', withField(headers, 'response', withField(response, 'add', add)));
};

/** The route without the cookies of a run: `withCookie` backwards, in each destination. */
export const withoutCookies = (route: JsonRecord): JsonRecord =>
  listAt(route, 'route').some((destination) => cookieSetBy(destination) !== undefined)
    ? { ...route, route: listAt(route, 'route').map(withoutCookie) }
    : route;
