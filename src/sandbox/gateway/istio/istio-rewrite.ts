import { at, listAt, stringAt, stringsAt } from '../../../lib/json.ts';
import type { RequestChanges } from '../envoy/request-changes.ts';
import type { HeaderChanges } from '../header-changes.ts';

/** The part of a path that the route's match has matched: its prefix, else all of it. */
const matchedBy = (route: unknown, path: string): string => {
  for (const match of listAt(route, 'match')) {
    const prefix = stringAt(match, 'uri', 'prefix');
    if (prefix !== undefined && path.startsWith(prefix)) return prefix;
  }
  return listAt(route, 'match').some((match) => at(match, 'uri') !== undefined) ? path : '/';
};

const pathChange = (route: unknown): ((path: string) => string) | undefined => {
  const uri = stringAt(route, 'rewrite', 'uri');
  const regex = stringAt(route, 'rewrite', 'uriRegexRewrite', 'match');
  if (uri !== undefined) return (path) => `${uri}${path.slice(matchedBy(route, path).length)}`;
  if (regex === undefined) return undefined;
  // RE2 names groups \1, JavaScript $1.
  const to = (stringAt(route, 'rewrite', 'uriRegexRewrite', 'rewrite') ?? '')
    .replaceAll('$', '$$$$')
    .replace(/\\(\d)/g, '$$$1');
  return (path) => path.replace(new RegExp(regex, 'g'), to);
};

const headerChanges = (entry: unknown, of: 'request' | 'response'): HeaderChanges => ({
  set: stringsAt(entry, 'headers', of, 'set'),
  add: stringsAt(entry, 'headers', of, 'add'),
  remove: listAt(entry, 'headers', of, 'remove').map(String),
});

/** What a route and the destination that was chosen change of a request, in this order. */
export const requestChanges = (route: unknown, destination: unknown): readonly RequestChanges[] => [
  { host: stringAt(route, 'rewrite', 'authority'), path: pathChange(route), ...headerChanges(route, 'request') },
  headerChanges(destination, 'request'),
];

/** What they change of the answer: Envoy does what the destination says first. */
export const answerChanges = (route: unknown, destination: unknown): readonly HeaderChanges[] => [
  headerChanges(destination, 'response'),
  headerChanges(route, 'response'),
];
