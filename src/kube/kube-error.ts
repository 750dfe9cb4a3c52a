import { at, numberAt, stringAt } from '../lib/json.ts';
import type { Resource } from '../lib/kube-object.ts';
import { messageOf } from '../lib/message-of.ts';
import type { KubeResponse } from './transport.ts';

/** What a caller may want to tell apart. */
export type KubeErrorKind =
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  /** Somebody wrote in between: read again and decide again. */
  | 'Conflict'
  /** The resourceVersion or the continue token is too old: list again. */
  | 'Expired'
  /** The server refuses the content, whoever sends it. */
  | 'Invalid'
  | 'TooManyRequests'
  /** Any 5xx. */
  | 'Unavailable'
  /** No answer in time; the write may have happened. */
  | 'Timeout'
  /** No connection, or a broken one; the write may have happened. */
  | 'Unreachable'
  /** The caller gave up. */
  | 'Aborted'
  /** An answer that is none of the above, or not what the API promises. */
  | 'Unexpected';

/** One call, as RBAC names it. */
export type KubeCall = {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: 'status' | undefined;
  readonly path: string;
};

/** A right that RBAC does not grant, in the words of its rules. */
export type MissingRight = {
  readonly verb: KubeCall['verb'];
  /** Empty for the core group. */
  readonly group: string;
  /** As a rule writes it: `canaries`, `canaries/status`. */
  readonly resource: string;
  /** Where it was asked for; absent for a kind of the cluster, and for all namespaces. */
  readonly namespace?: string;
  /** Of the object; a rule may grant the right for some names only. */
  readonly name?: string;
};

type Fields = {
  readonly right?: MissingRight | undefined;
  readonly kind: KubeErrorKind;
  readonly status?: number;
  readonly reason?: string;
  readonly retryAfterMs?: number | undefined;
  readonly details?: unknown;
  readonly cause?: unknown;
};

/** A call to the API server that failed. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly kind: KubeErrorKind;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** The server's own reason, such as `AlreadyExists`; empty when it gave none. */
  readonly reason: string;
  /** How long the server asks to be left alone. */
  readonly retryAfterMs: number | undefined;
  /** `details` of the server's Status. */
  readonly details: unknown;
  /** The right that is missing; undefined unless RBAC said no. */
  readonly right: MissingRight | undefined;
  readonly verb: KubeCall['verb'];
  readonly path: string;

  constructor(call: KubeCall, words: string, fields: Fields) {
    super(`Cannot ${call.verb} ${objectOf(call)}: ${words}`, fields.cause === undefined ? {} : { cause: fields.cause });
    this.kind = fields.kind;
    this.status = fields.status ?? 0;
    this.reason = fields.reason ?? '';
    this.retryAfterMs = fields.retryAfterMs;
    this.details = fields.details;
    this.right = fields.right;
    this.verb = call.verb;
    this.path = call.path;
  }
}

/** True for a KubeError of this kind. */
export const isKubeError = (error: unknown, kind: KubeErrorKind): error is KubeError =>
  error instanceof KubeError && error.kind === kind;

/** The error of an answer that is not 2xx, or of a watch's ERROR event with its Status as `body`. */
export const errorOfAnswer = (call: KubeCall, answer: KubeResponse): KubeError => {
  const { status, body } = answer;
  const reason = stringAt(body, 'reason') ?? '';
  const kind = kindOf(status, reason);
  const said = serverWords(call, answer);
  const right = kind === 'Forbidden' && !isAdmission(said) ? rightOf(call) : undefined;
  const words =
    right !== undefined
      ? `RBAC does not grant "${call.verb}" on ${permissionOf(call)}: ${said}`
      : `the API server answered ${status}${reason === '' ? '' : ` ${reason}`}: ${said}`;
  const details = mayQuoteSecret(call) ? undefined : at(body, 'details');
  return new KubeError(call, words, { kind, status, reason, retryAfterMs: retryAfterMs(answer), details, right });
};

/** The error of a call that got no answer. */
export const errorOfFailure = (
  call: KubeCall,
  kind: 'Timeout' | 'Unreachable' | 'Aborted',
  cause: unknown,
): KubeError =>
  new KubeError(call, kind === 'Unreachable' ? `the connection failed: ${messageOf(cause)}` : messageOf(cause), {
    kind,
    cause,
  });

const objectOf = ({ resource, namespace, name, subresource }: KubeCall): string => {
  if (name !== undefined) {
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    return `${subresource === undefined ? '' : `${subresource} of `}${resource.kind} ${key}`;
  }
  if (!resource.namespaced) return `${resource.kind} objects`;
  return `${resource.kind} objects in ${namespace === undefined ? 'all namespaces' : `namespace ${namespace}`}`;
};

/** The right that a call takes. */
export const rightOf = ({ verb, resource, namespace, name, subresource }: KubeCall): MissingRight => ({
  verb,
  group: resource.group,
  resource: ruleNameOf({ resource, subresource }),
  ...(namespace === undefined ? {} : { namespace }),
  // RBAC does not see the name of what is not there yet.
  ...(name === undefined || verb === 'create' ? {} : { name }),
});

const ruleNameOf = ({ resource, subresource }: Pick<KubeCall, 'resource' | 'subresource'>): string =>
  subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;

const permissionOf = ({ resource, namespace, subresource }: KubeCall): string => {
  const name = ruleNameOf({ resource, subresource });
  const group = resource.group === '' ? 'the core API group' : `API group "${resource.group}"`;
  return `"${name}" in ${group}${namespace === undefined ? '' : ` in namespace "${namespace}"`}`;
};

/** Also answered by 403: webhooks, quotas and other admission, for which no right is missing. */
const isAdmission = (said: string): boolean => /is forbidden: (?!User )|\badmission\b|denied the request/.test(said);

const kindOf = (status: number, reason: string): KubeErrorKind => {
  switch (status) {
    case 400:
    case 422:
      return 'Invalid';
    case 401:
      return 'Unauthorized';
    case 403:
      return 'Forbidden';
    case 404:
      return 'NotFound';
    case 409:
      return reason === 'AlreadyExists' ? 'AlreadyExists' : 'Conflict';
    case 410:
      return 'Expired';
    case 429:
      return 'TooManyRequests';
    default:
      return status >= 500 ? 'Unavailable' : 'Unexpected';
  }
};

/** Parsers quote their input when they refuse it, and validation quotes values. */
const mayQuoteSecret = (call: KubeCall): boolean => call.resource.kind === 'Secret';

const serverWords = (call: KubeCall, { status, body }: KubeResponse): string => {
  if (mayQuoteSecret(call) && (status === 400 || status === 422))
    return 'its words may quote the Secret and are left out';
  const words = typeof body === 'string' ? body.trim() : stringAt(body, 'message');
  return words === undefined || words === '' ? 'it gave no reason' : words.slice(0, 2000);
};

/** From the Retry-After header in seconds, or from the Status; the API server sends no dates. */
const retryAfterMs = ({ headers, body }: KubeResponse): number | undefined => {
  const seconds = Number(headers['retry-after'] ?? numberAt(body, 'details', 'retryAfterSeconds') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
};
