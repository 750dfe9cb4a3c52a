import { at, isRecord, listAt, recordAt, stringAt } from '../../../lib/json.ts';
import { Unsupported } from '../envoy/ordered-route.ts';
import { regexTest, type ValueTest } from '../envoy/value-test.ts';
import type { ParsedRequest } from '../request-match.ts';

type RequestTest = (request: ParsedRequest) => boolean;

/** Of a match: what is looked at, and what only names it. */
const KNOWN = ['uri', 'method', 'scheme', 'authority', 'headers', 'withoutHeaders', 'queryParams', 'ignoreUriCase'];
const NAMES = ['name', 'statPrefix', 'gateways'];

/** A StringMatch; one that says nothing asks only that the value is there. */
const stringTest = (match: unknown, { ignoreCase = false } = {}): ValueTest => {
  const [exact, prefix, regex] = [stringAt(match, 'exact'), stringAt(match, 'prefix'), stringAt(match, 'regex')];
  const folded = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  if (exact !== undefined) return (value) => folded(value) === folded(exact);
  if (prefix !== undefined) return (value) => folded(value).startsWith(folded(prefix));
  return regex === undefined ? () => true : regexTest(regex);
};

/** One test of the whole request, from the fields of a map such as `headers`. */
const eachOf = (
  map: unknown,
  read: (request: ParsedRequest, name: string) => string | undefined,
): readonly RequestTest[] =>
  Object.entries(recordAt(map)).map(([name, match]): RequestTest => {
    const test = stringTest(match);
    return (request) => {
      const value = read(request, name);
      return value !== undefined && test(value);
    };
  });

const headerOf = ({ request }: ParsedRequest, name: string): string | undefined => {
  if (name === ':authority') return request.host;
  if (name === ':method') return request.method;
  const lower = name.toLowerCase();
  return Object.hasOwn(request.headers, lower) ? request.headers[lower] : undefined;
};

/** One entry of `match`: every condition in it must hold. */
const matchTest = (match: unknown): RequestTest => {
  const foreign = Object.keys(recordAt(match)).find((field) => !KNOWN.includes(field) && !NAMES.includes(field));
  if (foreign !== undefined) throw new Unsupported(`a match by ${foreign}`);
  const one = (field: string, read: (request: ParsedRequest) => string, options = {}): readonly RequestTest[] => {
    if (!isRecord(at(match, field))) return [];
    const test = stringTest(at(match, field), options);
    return [(request) => test(read(request))];
  };
  const without = eachOf(at(match, 'withoutHeaders'), headerOf);
  const all = [
    ...one('uri', ({ path }) => path, { ignoreCase: at(match, 'ignoreUriCase') === true }),
    ...one('method', ({ request }) => request.method),
    ...one('scheme', () => 'http'),
    ...one('authority', ({ host }) => host),
    ...eachOf(at(match, 'headers'), headerOf),
    ...eachOf(at(match, 'queryParams'), ({ query }, name) => query.get(name) ?? undefined),
  ];
  return (request) => all.every((test) => test(request)) && !without.some((test) => test(request));
};

/**
 * Whether a route takes a request that comes through the gateway `via` (`mesh`, or `namespace/name`): any of its matches
 * must hold; without matches it takes all. Undefined when none of them is for this gateway. Throws Unsupported.
 */
export const routeTest = (
  route: unknown,
  { via, namespace }: { readonly via: string; readonly namespace: string },
): RequestTest | undefined => {
  const matches = listAt(route, 'match');
  if (matches.length === 0) return () => true;
  const tests = matches
    .filter((match) => {
      const gateways = listAt(match, 'gateways').map((name) => gatewayName(String(name), namespace));
      return gateways.length === 0 || gateways.includes(via);
    })
    .map(matchTest);
  return tests.length === 0 ? undefined : (request) => tests.some((test) => test(request));
};

/** `mesh`, or `namespace/name`: a bare name is a Gateway of the object's own namespace. */
export const gatewayName = (written: string, namespace: string): string =>
  written === 'mesh' || written.includes('/') ? written : `${namespace}/${written}`;
