import { at, isRecord, type JsonRecord, listAt, numberAt, recordAt, stringAt } from '#src/lib/json.ts';
import { textMatch } from './snapshot.ts';

const named = (entry: unknown): JsonRecord => {
  const [name, value] = [stringAt(entry, 'name') ?? '', stringAt(entry, 'value') ?? ''];
  const op = at(entry, 'regex') === true ? 'regex' : 'exact';
  // An empty value asks only that the name is there.
  return { name, ...(value === '' ? { present_match: true } : { string_match: textMatch(op, value) }) };
};

const pathOf = (matcher: JsonRecord): JsonRecord => {
  const [exact, regex] = [stringAt(matcher, 'exact'), stringAt(matcher, 'regex')];
  if (regex !== undefined) return textMatch('regex', regex);
  return exact === undefined ? { prefix: stringAt(matcher, 'prefix') ?? '/' } : { path: exact };
};

/** A matcher of Gloo's, in Envoy's words. */
export const glooMatch = (matcher: JsonRecord): JsonRecord => {
  const methods = listAt(matcher, 'methods').map(String);
  const headers = [
    ...listAt(matcher, 'headers').map((entry) => ({
      ...named(entry),
      ...(at(entry, 'invertMatch') === true ? { invert_match: true } : {}),
    })),
    ...(methods.length === 0 ? [] : [{ name: ':method', string_match: textMatch('regex', methods.join('|')) }]),
  ];
  const query = listAt(matcher, 'queryParameters').map(named);
  return {
    ...pathOf(matcher),
    ...(matcher['caseSensitive'] === false ? { case_sensitive: false } : {}),
    ...(headers.length === 0 ? {} : { headers }),
    ...(query.length === 0 ? {} : { query_parameters: query }),
  };
};

/** The options of a route of Gloo's, in Envoy's words. Throws for what this Envoy is not taught. */
export const glooRouteOptions = (route: JsonRecord): JsonRecord => {
  const { timeout, retries, prefixRewrite, ...others } = recordAt(route, 'options');
  const [foreign] = Object.keys(others);
  if (foreign !== undefined) {
    throw new RangeError(`Cannot configure an Envoy for option ${foreign}: want timeout, retries or prefixRewrite`);
  }
  const perTry = stringAt(retries, 'perTryTimeout');
  const policy = {
    retry_on: stringAt(retries, 'retryOn'),
    num_retries: numberAt(retries, 'numRetries'),
    ...(perTry === undefined ? {} : { per_try_timeout: perTry }),
  };
  return {
    ...(timeout === undefined ? {} : { timeout }),
    ...(isRecord(retries) ? { retry_policy: policy } : {}),
    ...(prefixRewrite === undefined ? {} : { prefix_rewrite: prefixRewrite }),
  };
};
