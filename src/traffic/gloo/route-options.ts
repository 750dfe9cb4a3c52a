import { durationMs } from '../../api/duration.ts';
import type { Problem } from '../../api/problem.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { at, isRecord, listAt, recordAt, stringAt, stringsAt } from '../../lib/json.ts';
import { literalPattern } from '../../lib/literal-pattern.ts';
import type { RouteOptions, RouteRef } from '../router.ts';

/** What is retried where nobody says it: what has certainly not been done, and what a gateway answers. */
const RETRY_ON = 'connect-failure,refused-stream,gateway-error';

/** A duration as protobuf's JSON has it: seconds, whole or not. */
const seconds = (duration: string): string => `${durationMs(duration) / 1000}s`;

const isDuration = (text: string): boolean => {
  try {
    return durationMs(text) >= 0;
  } catch {
    return false;
  }
};

const retriesOf = ({ retries }: RouteOptions): JsonRecord | undefined =>
  retries && {
    retryOn: retries.retryOn ?? RETRY_ON,
    numRetries: retries.attempts ?? 1,
    ...(retries.perTryTimeout === undefined ? {} : { perTryTimeout: seconds(retries.perTryTimeout) }),
  };

/** Header changes of one direction, in Gloo's words. */
const headerChanges = (headers: unknown, direction: 'request' | 'response'): JsonRecord => {
  const pairs = (field: 'add' | 'set') =>
    Object.entries(stringsAt(headers, direction, field)).map(([key, value]) => ({
      header: { key, value },
      append: field === 'add',
    }));
  const added = [...pairs('set'), ...pairs('add')];
  const removed = listAt(headers, direction, 'remove');
  return {
    ...(added.length === 0 ? {} : { [`${direction}HeadersToAdd`]: added }),
    ...(removed.length === 0 ? {} : { [`${direction}HeadersToRemove`]: removed }),
  };
};

/** Origins as exact texts and as patterns. */
const originsOf = (policy: JsonRecord): { readonly exact: readonly string[]; readonly patterns: readonly string[] } => {
  const origins = listAt(policy, 'allowOrigins');
  const of = (op: string): readonly string[] => origins.flatMap((origin) => stringAt(origin, op) ?? []);
  const plain = listAt(policy, 'allowOrigin').filter((origin) => typeof origin === 'string');
  return {
    exact: [...plain, ...of('exact')],
    patterns: [...of('prefix').map((prefix) => `${literalPattern(prefix)}.*`), ...of('regex')],
  };
};

const corsOf = ({ corsPolicy }: RouteOptions): JsonRecord | undefined => {
  if (corsPolicy === undefined) return undefined;
  const { exact, patterns } = originsOf(corsPolicy);
  const lists = (['allowMethods', 'allowHeaders', 'exposeHeaders'] as const).flatMap((field) => {
    const list = listAt(corsPolicy, field);
    return list.length === 0 ? [] : [[field, list] as const];
  });
  const maxAge = stringAt(corsPolicy, 'maxAge');
  return {
    ...(exact.length === 0 ? {} : { allowOrigin: exact }),
    ...(patterns.length === 0 ? {} : { allowOriginRegex: patterns }),
    ...Object.fromEntries(lists),
    ...(maxAge === undefined || !isDuration(maxAge) ? {} : { maxAge: `${Math.floor(durationMs(maxAge) / 1000)}` }),
    ...(corsPolicy['allowCredentials'] === true ? { allowCredentials: true } : {}),
  };
};

const rewriteOf = ({ rewrite }: RouteOptions): JsonRecord => {
  const { uri, authority, type } = rewrite ?? {};
  // In a substitution a backslash begins a reference to a group.
  const whole = { pattern: { regex: '^.*$' }, substitution: uri?.replaceAll('\\', '\\\\') };
  return {
    ...(uri === undefined ? {} : type === 'ReplacePrefixMatch' ? { prefixRewrite: uri } : { regexRewrite: whole }),
    ...(authority === undefined ? {} : { hostRewrite: authority }),
  };
};

/** The options of every route, from `spec.service`; empty when there are none. */
export const routeOptions = ({ options }: RouteRef): JsonRecord => {
  const { timeout, headers } = options;
  const headerManipulation = { ...headerChanges(headers, 'request'), ...headerChanges(headers, 'response') };
  const retries = retriesOf(options);
  const cors = corsOf(options);
  return {
    ...(timeout === undefined ? {} : { timeout: seconds(timeout) }),
    ...(retries === undefined ? {} : { retries }),
    ...(Object.keys(headerManipulation).length === 0 ? {} : { headerManipulation }),
    ...(cors === undefined ? {} : { cors }),
    ...rewriteOf(options),
  };
};

const CORS_FIELDS: readonly string[] = [
  ...['allowOrigin', 'allowOrigins', 'allowMethods', 'allowHeaders'],
  ...['exposeHeaders', 'maxAge', 'allowCredentials'],
];

/** What of the options Gloo's routes cannot express. */
export const optionProblems = ({ options }: RouteRef): readonly Problem[] => {
  const problem = (field: string, message: string): Problem => ({
    where: `spec.service.${field}`,
    message,
    reason: 'InvalidSpec',
  });
  const { corsPolicy = {}, headers, rewrite, match = [], appProtocol } = options;
  const unknownCors = Object.keys(corsPolicy).filter((field) => !CORS_FIELDS.includes(field));
  const maxAge = stringAt(corsPolicy, 'maxAge');
  const unknownHeaders = ['request', 'response'].flatMap((direction) =>
    Object.keys(recordAt(headers, direction))
      .filter((field) => !['add', 'set', 'remove'].includes(field))
      .map((field) => `${direction}.${field}`),
  );
  const replacesPrefix = rewrite?.uri !== undefined && rewrite.type === 'ReplacePrefixMatch';
  const withoutPrefix = match.findIndex((entry) => isRecord(entry['uri']) && at(entry, 'uri', 'prefix') === undefined);
  return [
    ...unknownCors.map((field) =>
      problem(`corsPolicy.${field}`, `Gloo has no such thing; want ${CORS_FIELDS.join(', ')}`),
    ),
    ...(maxAge === undefined || isDuration(maxAge)
      ? []
      : [problem('corsPolicy.maxAge', `"${maxAge}" is no duration; want one such as 24h`)]),
    ...unknownHeaders.map((field) => problem(`headers.${field}`, 'Gloo has no such change; want add, set or remove')),
    ...(replacesPrefix && withoutPrefix >= 0
      ? [
          problem(
            'rewrite.type',
            `a prefix is replaced only where one is matched, and match[${withoutPrefix}] has another uri; want uri.prefix, or ReplaceFullPath`,
          ),
        ]
      : []),
    ...((appProtocol ?? '').toLowerCase() === 'tcp'
      ? [problem('appProtocol', "Gloo's RouteTables route HTTP only, not tcp; want http, http2 or grpc")]
      : []),
  ];
};
