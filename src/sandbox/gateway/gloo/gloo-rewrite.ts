import { at, listAt, stringAt } from '../../../lib/json.ts';
import type { RequestChanges } from '../envoy/request-changes.ts';
import type { HeaderChanges } from '../header-changes.ts';
import type { LeafRoute } from './route-tree.ts';

/** The longest prefix of the route's matchers that the path begins with. */
const matchedPrefix = ({ matchers }: LeafRoute, path: string): string =>
  matchers
    .map((matcher) => stringAt(matcher, 'prefix') ?? '')
    .filter((prefix) => path.startsWith(prefix))
    .reduce((longest, prefix) => (prefix.length > longest.length ? prefix : longest), '');

const pathChange = (leaf: LeafRoute): ((path: string) => string) | undefined => {
  const options = at(leaf.route, 'options');
  const prefix = stringAt(options, 'prefixRewrite');
  if (prefix !== undefined) return (path) => `${prefix}${path.slice(matchedPrefix(leaf, path).length)}`;
  const regex = stringAt(options, 'regexRewrite', 'pattern', 'regex');
  if (regex === undefined) return undefined;
  // RE2 names groups \1, JavaScript $1.
  const substitution = stringAt(options, 'regexRewrite', 'substitution') ?? '';
  const to = substitution.replaceAll('$', '$$$$').replace(/\\(\d)/g, '$$$1');
  return (path) => path.replace(new RegExp(regex, 'g'), to);
};

/** What options change of headers. */
const headerChanges = (options: unknown, of: 'request' | 'response'): HeaderChanges => {
  const given = listAt(options, 'headerManipulation', `${of}HeadersToAdd`).map((entry) => ({
    name: stringAt(entry, 'header', 'key') ?? '',
    value: stringAt(entry, 'header', 'value') ?? '',
    appends: at(entry, 'append') !== false,
  }));
  const named = (appends: boolean): Readonly<Record<string, string>> =>
    Object.fromEntries(given.filter((one) => one.appends === appends).map(({ name, value }) => [name, value]));
  return {
    set: named(false),
    add: named(true),
    remove: listAt(options, 'headerManipulation', `${of}HeadersToRemove`).map(String),
  };
};

/** What the options of a route change of a request. */
export const requestChanges = (leaf: LeafRoute): RequestChanges => {
  const options = at(leaf.route, 'options');
  return { host: stringAt(options, 'hostRewrite'), path: pathChange(leaf), ...headerChanges(options, 'request') };
};

/** What the options of a destination, and then those of its route, change of an answer. */
export const answerChanges = ({ route }: LeafRoute, destinationOptions: unknown): readonly HeaderChanges[] => [
  headerChanges(destinationOptions, 'response'),
  headerChanges(at(route, 'options'), 'response'),
];
