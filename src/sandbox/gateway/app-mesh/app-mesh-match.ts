import { at, listAt, numberAt, stringAt } from '../../../lib/json.ts';
import { regexTest, type ValueTest } from '../envoy/value-test.ts';
import type { ParsedRequest } from '../request-match.ts';

type RequestTest = (request: ParsedRequest) => boolean;

const headerTest = (match: unknown): ValueTest => {
  const [exact, prefix] = [stringAt(match, 'exact'), stringAt(match, 'prefix')];
  const [suffix, regex] = [stringAt(match, 'suffix'), stringAt(match, 'regex')];
  const [start, end] = [numberAt(match, 'range', 'start'), numberAt(match, 'range', 'end')];
  if (exact !== undefined) return (value) => value === exact;
  if (prefix !== undefined) return (value) => value.startsWith(prefix);
  if (suffix !== undefined) return (value) => value.endsWith(suffix);
  if (regex !== undefined) return regexTest(regex);
  if (start !== undefined && end !== undefined) return (value) => Number(value) >= start && Number(value) < end;
  return () => true;
};

/** Headers of a request over HTTP, metadata of a call of gRPC: both have the same form. */
const headerTests = (entries: readonly unknown[]): readonly RequestTest[] =>
  entries.map((entry) => {
    const name = stringAt(entry, 'name')?.toLowerCase() ?? '';
    const test = headerTest(at(entry, 'match'));
    const isInverted = at(entry, 'invert') === true;
    return ({ request }) => {
      const value = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined;
      return (value !== undefined && test(value)) !== isInverted;
    };
  });

const pathTests = (match: unknown): readonly RequestTest[] => {
  const [exact, regex] = [stringAt(match, 'path', 'exact'), stringAt(match, 'path', 'regex')];
  const prefix = stringAt(match, 'prefix');
  const test = regex === undefined ? undefined : regexTest(regex);
  return [
    ...(exact === undefined ? [] : [({ path }: ParsedRequest) => path === exact]),
    ...(test === undefined ? [] : [({ path }: ParsedRequest) => test(path)]),
    ...(prefix === undefined ? [] : [({ path }: ParsedRequest) => path.startsWith(prefix)]),
  ];
};

const queryTests = (match: unknown): readonly RequestTest[] =>
  listAt(match, 'queryParameters').map((entry) => {
    const [name, exact] = [stringAt(entry, 'name') ?? '', stringAt(entry, 'match', 'exact')];
    return ({ query }) => query.has(name) && (exact === undefined || query.get(name) === exact);
  });

const methodTests = (match: unknown): readonly RequestTest[] => {
  const [method, scheme] = [stringAt(match, 'method'), stringAt(match, 'scheme')];
  return [
    ...(method === undefined ? [] : [({ request }: ParsedRequest) => request.method === method]),
    ...(scheme === undefined ? [] : [() => scheme === 'http']),
  ];
};

/** A call of gRPC is a POST to `/service/method`. */
const callTests = (match: unknown): readonly RequestTest[] => {
  const [service, method] = [stringAt(match, 'serviceName'), stringAt(match, 'methodName')];
  if (service === undefined) return [];
  const path = `/${service}/${method ?? ''}`;
  return [(request) => (method === undefined ? request.path.startsWith(path) : request.path === path)];
};

/** Whether a route's `match` holds: all of its conditions. */
export const matchTest = (match: unknown): RequestTest => {
  const all = [
    ...pathTests(match),
    ...methodTests(match),
    ...headerTests(listAt(match, 'headers')),
    ...headerTests(listAt(match, 'metadata')),
    ...queryTests(match),
    ...callTests(match),
  ];
  return (request) => all.every((test) => test(request));
};

/** Of two matches of one priority App Mesh takes the one with the longer path. */
export const specificityOf = (match: unknown): number =>
  (stringAt(match, 'path', 'exact') ?? stringAt(match, 'path', 'regex') ?? stringAt(match, 'prefix') ?? '').length;
