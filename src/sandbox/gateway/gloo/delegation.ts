import { at, isRecord, type JsonRecord, listAt, sameJson, stringAt } from '../../../lib/json.ts';

const PATHS = ['prefix', 'exact', 'regex'];

/** What a route without matchers takes: everything. */
export const DEFAULT_MATCHER: JsonRecord = { prefix: '/' };

/** A route as far as its place in the tree decides what it takes. */
export type Placed = {
  readonly matchers: readonly JsonRecord[];
  /** Routes below it take its path where they have none; or its other conditions too. */
  readonly inheritsPath: boolean;
  readonly inheritsConditions: boolean;
};

/** The one matcher of a route that delegates; its words where it has none that can. */
export const delegatingMatcher = (matchers: readonly JsonRecord[]): JsonRecord | string => {
  const [matcher, ...more] = matchers;
  if (matcher === undefined) return DEFAULT_MATCHER;
  if (more.length > 0) return 'invalid route: routes with delegate actions must omit or specify a single matcher';
  if (!PATHS.some((path) => matcher[path] !== undefined)) return DEFAULT_MATCHER;
  return matcher['prefix'] === undefined
    ? 'invalid route: routes with delegate actions must use a prefix matcher'
    : matcher;
};

const pathOf = (matcher: JsonRecord): string =>
  stringAt(matcher, 'exact') ?? stringAt(matcher, 'regex') ?? stringAt(matcher, 'prefix') ?? '';

const conditionsOf = (matcher: JsonRecord, field: string): readonly unknown[] => listAt(matcher, field);

/** Why a route does not fit below its parent; it is left out then. */
const misfit = (parent: JsonRecord, child: JsonRecord): string | undefined => {
  const begins = "invalid route: route table matchers must begin with the prefix of their parent route's matcher";
  const prefix = stringAt(parent, 'prefix') ?? '/';
  if (!pathOf(child).startsWith(prefix)) return `required prefix: ${prefix}, prefix: ${pathOf(child)}: ${begins}`;
  const lacks = ['headers', 'queryParameters', 'methods'].find((field) =>
    conditionsOf(parent, field).some((wanted) => !conditionsOf(child, field).some((given) => sameJson(given, wanted))),
  );
  return lacks === undefined
    ? undefined
    : `invalid route: route table matchers must have all ${lacks} that were specified on their parent route's matcher`;
};

/** Where a route of a RouteTable stands below the matcher of the route that delegates to it, or why it stands nowhere. */
export const placedBelow = (
  route: unknown,
  parent: { readonly matcher: JsonRecord } & Pick<Placed, 'inheritsPath' | 'inheritsConditions'>,
): Placed | string => {
  const inherits = (field: string, otherwise: boolean): boolean => {
    const own = at(route, field);
    return typeof own === 'boolean' ? own : otherwise;
  };
  const inheritsPath = inherits('inheritablePathMatchers', parent.inheritsPath);
  const inheritsConditions = inherits('inheritableMatchers', parent.inheritsConditions);
  const own = listAt(route, 'matchers').filter(isRecord);
  const path = Object.fromEntries(
    Object.entries(parent.matcher).filter(([field]) => [...PATHS, 'caseSensitive'].includes(field)),
  );
  const withPath = inheritsPath ? (own.length === 0 ? [path] : own.map((matcher) => withoutPath(matcher, path))) : own;
  const filled = withPath.length === 0 ? [DEFAULT_MATCHER] : withPath;
  const matchers = inheritsConditions ? filled.map((matcher) => withConditions(matcher, parent.matcher)) : filled;
  const wrong = matchers.map((matcher) => misfit(parent.matcher, matcher)).find((words) => words !== undefined);
  return wrong ?? { matchers, inheritsPath, inheritsConditions };
};

const withoutPath = (matcher: JsonRecord, path: JsonRecord): JsonRecord => ({
  ...Object.fromEntries(Object.entries(matcher).filter(([field]) => ![...PATHS, 'caseSensitive'].includes(field))),
  ...path,
});

const withConditions = (matcher: JsonRecord, parent: JsonRecord): JsonRecord => {
  const joined = ['headers', 'queryParameters', 'methods'].flatMap((field) => {
    const both = [...conditionsOf(parent, field), ...conditionsOf(matcher, field)];
    return both.length === 0 ? [] : [[field, both]];
  });
  return { ...matcher, ...Object.fromEntries(joined) };
};
