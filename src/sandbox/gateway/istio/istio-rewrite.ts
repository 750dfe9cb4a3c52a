import { at, listAt, stringAt, stringsAt } from '../../../lib/json.ts';
import type { RequestChanges } from '../envoy/request-changes.ts';

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

const headerChanges = (entry: unknown): Pick<RequestChanges, 'set' | 'add' | 'remove'> => ({
  set: stringsAt(entry, 'headers', 'request', 'set'),
  add: stringsAt(entry, 'headers', 'request', 'add'),
  remove: listAt(entry, 'headers', 'request', 'remove').map(String),
});

/** What a route and the destination that was chosen change of a request, in this order. */
export const requestChanges = (route: unknown, destination: unknown): readonly RequestChanges[] => [
  { host: stringAt(route, 'rewrite', 'authority'), path: pathChange(route), ...headerChanges(route) },
  headerChanges(destination),
];
