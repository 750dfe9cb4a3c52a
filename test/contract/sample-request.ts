import type { Condition } from '#src/rollout/request-match.ts';
import type { TrafficIntent } from '#src/traffic/router.ts';

/** A request to any host and path. Header names are in lower case; cookies are in the header `cookie`. */
export type SampleRequest = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
};

/** A plain GET, but for what is given. */
export const aRequest = (given: Partial<SampleRequest> = {}): SampleRequest => ({
  method: 'GET',
  headers: {},
  query: {},
  ...given,
});

const cookieOf = ({ headers }: SampleRequest, name: string): string | undefined => {
  const cookies = (headers['cookie'] ?? '').split(';').map((cookie) => cookie.trim());
  return cookies.find((cookie) => cookie.startsWith(`${name}=`))?.slice(name.length + 1);
};

const holds = ({ on, name, op, value }: Condition, request: SampleRequest): boolean => {
  const given = {
    header: request.headers[name.toLowerCase()],
    cookie: cookieOf(request, name),
    query: request.query[name],
  }[on];
  if (given === undefined) return false;
  if (op === 'regex') return new RegExp(`^(?:${value})$`).test(given);
  return op === 'exact' ? given === value : given.startsWith(value);
};

/** What `TrafficIntent.pinned` says of a request, whatever a plane makes of it. */
export const isPinned = (request: SampleRequest, pinned: TrafficIntent['pinned'] = []): boolean =>
  pinned.some((match) => match.every((condition) => holds(condition, request)));

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];
/** Every method that a mirror has to tell apart. */
export const METHODS: readonly string[] = [...SAFE_METHODS, 'POST', 'PUT', 'PATCH', 'DELETE'];

export const isSafe = ({ method }: SampleRequest): boolean => SAFE_METHODS.includes(method);
