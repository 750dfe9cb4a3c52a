import { at, isRecord, type JsonRecord, listAt, numberAt, stringAt } from '#src/lib/json.ts';
import { textMatch } from './snapshot.ts';

const OPS = ['exact', 'prefix', 'suffix', 'regex'] as const;

const compared = (match: unknown): JsonRecord => {
  const [start, end] = [numberAt(match, 'range', 'start'), numberAt(match, 'range', 'end')];
  if (start !== undefined && end !== undefined) return { range_match: { start, end } };
  const op = OPS.find((one) => stringAt(match, one) !== undefined);
  return op === undefined ? { present_match: true } : { string_match: textMatch(op, stringAt(match, op) ?? '') };
};

const headersOf = (match: JsonRecord): readonly JsonRecord[] => {
  const [method, scheme] = [stringAt(match, 'method'), stringAt(match, 'scheme')];
  return [
    ...[...listAt(match, 'headers'), ...listAt(match, 'metadata')].map((entry) => ({
      name: stringAt(entry, 'name') ?? '',
      ...compared(at(entry, 'match')),
      ...(at(entry, 'invert') === true ? { invert_match: true } : {}),
    })),
    ...(method === undefined ? [] : [{ name: ':method', string_match: { exact: method } }]),
    ...(scheme === undefined ? [] : [{ name: ':scheme', string_match: { exact: scheme } }]),
  ];
};

const queryOf = (match: JsonRecord): readonly JsonRecord[] =>
  listAt(match, 'queryParameters').map((entry) => {
    const exact = stringAt(entry, 'match', 'exact');
    const name = stringAt(entry, 'name') ?? '';
    return exact === undefined ? { name, present_match: true } : { name, string_match: { exact } };
  });

/** A call of gRPC is a POST to `/service/method`. */
const callOf = (match: JsonRecord): JsonRecord | undefined => {
  const [service, method] = [stringAt(match, 'serviceName'), stringAt(match, 'methodName')];
  if (service === undefined) return undefined;
  return method === undefined ? { prefix: `/${service}/` } : { path: `/${service}/${method}` };
};

const pathOf = (match: JsonRecord): JsonRecord => {
  const [exact, regex] = [stringAt(match, 'path', 'exact'), stringAt(match, 'path', 'regex')];
  if (exact !== undefined) return { path: exact };
  if (regex !== undefined) return textMatch('regex', regex);
  return callOf(match) ?? { prefix: stringAt(match, 'prefix') ?? '/' };
};

/** `match` of a route of App Mesh, in Envoy's words. */
export const meshMatch = (match: JsonRecord): JsonRecord => {
  const [headers, query] = [headersOf(match), queryOf(match)];
  return {
    ...pathOf(match),
    ...(headers.length === 0 ? {} : { headers }),
    ...(query.length === 0 ? {} : { query_parameters: query }),
  };
};

/** A duration such as `{ unit: ms, value: 15000 }`; undefined when there is none. */
const durationOf = (duration: unknown): string | undefined => {
  if (!isRecord(duration)) return undefined;
  return `${(numberAt(duration, 'value') ?? 0) / (duration['unit'] === 'ms' ? 1000 : 1)}s`;
};

/** The time-outs of a route of App Mesh. Throws for what this Envoy is not taught. */
export const meshRouteOptions = ({ timeout, ...others }: JsonRecord): JsonRecord => {
  const [foreign] = Object.keys(others);
  if (foreign !== undefined) throw new RangeError(`Cannot configure an Envoy for ${foreign} of a route: want timeout`);
  const limit = durationOf(at(timeout, 'perRequest'));
  return limit === undefined ? {} : { timeout: limit };
};
