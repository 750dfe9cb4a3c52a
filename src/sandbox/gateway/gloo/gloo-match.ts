import { at, listAt, recordAt, stringAt } from '../../../lib/json.ts';
import { Unsupported } from '../envoy/ordered-route.ts';
import { regexTest, type ValueTest } from '../envoy/value-test.ts';
import type { ParsedRequest } from '../request-match.ts';

type RequestTest = (request: ParsedRequest) => boolean;

const KNOWN = ['prefix', 'exact', 'regex', 'caseSensitive', 'headers', 'queryParameters', 'methods'];

const pathTest = (matcher: unknown): ValueTest => {
  const ignoreCase = at(matcher, 'caseSensitive') === false;
  const folded = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const [exact, regex] = [stringAt(matcher, 'exact'), stringAt(matcher, 'regex')];
  if (exact !== undefined) return (path) => folded(path) === folded(exact);
  if (regex !== undefined) return regexTest(regex, { ignoreCase });
  const prefix = folded(stringAt(matcher, 'prefix') ?? '/');
  return (path) => folded(path).startsWith(prefix);
};

/** A value that is empty asks only that the name is there. */
const namedTest = (entry: unknown, read: (request: ParsedRequest, name: string) => string | undefined): RequestTest => {
  const [name, value] = [stringAt(entry, 'name') ?? '', stringAt(entry, 'value') ?? ''];
  const isRegex = at(entry, 'regex') === true;
  const test = value === '' ? () => true : isRegex ? regexTest(value) : (given: string) => given === value;
  const isInverted = at(entry, 'invertMatch') === true;
  return (request) => {
    const given = read(request, name);
    return (given !== undefined && test(given)) !== isInverted;
  };
};

const headerOf = ({ request }: ParsedRequest, name: string): string | undefined => {
  const lower = name.toLowerCase();
  return Object.hasOwn(request.headers, lower) ? request.headers[lower] : undefined;
};

/** Whether one matcher fits: its path and all of its conditions. Throws Unsupported. */
export const matcherTest = (matcher: unknown): RequestTest => {
  const foreign = Object.keys(recordAt(matcher)).find((field) => !KNOWN.includes(field));
  if (foreign !== undefined) throw new Unsupported(`a matcher by ${foreign}`);
  const path = pathTest(matcher);
  const methods = listAt(matcher, 'methods');
  const all = [
    ...listAt(matcher, 'headers').map((entry) => namedTest(entry, headerOf)),
    ...listAt(matcher, 'queryParameters').map((entry) =>
      namedTest(entry, ({ query }, name) => query.get(name) ?? undefined),
    ),
  ];
  return (request) =>
    path(request.path) &&
    (methods.length === 0 || methods.includes(request.request.method)) &&
    all.every((test) => test(request));
};
