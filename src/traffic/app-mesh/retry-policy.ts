import type { Problem } from '../../api/problem.ts';
import type { JsonRecord } from '../../lib/json.ts';
import type { RouteOptions } from '../router.ts';
import { meshDuration } from './duration.ts';
import type { Protocol } from './listener.ts';

/** App Mesh's list of an event, by its own words and Envoy's. */
const EVENTS: Readonly<Record<string, readonly ['http' | 'tcp' | 'grpc', string]>> = {
  'server-error': ['http', 'server-error'],
  '5xx': ['http', 'server-error'],
  'gateway-error': ['http', 'gateway-error'],
  'client-error': ['http', 'client-error'],
  'retriable-4xx': ['http', 'client-error'],
  'stream-error': ['http', 'stream-error'],
  'refused-stream': ['http', 'stream-error'],
  'connection-error': ['tcp', 'connection-error'],
  'connect-failure': ['tcp', 'connection-error'],
  ...Object.fromEntries(
    ['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'].map((word) => [
      word,
      ['grpc', word] as const,
    ]),
  ),
};

const DEFAULT_EVENT = 'gateway-error';
const DEFAULT_TIMEOUT = '250ms';

const wordsOf = ({ retries }: RouteOptions): readonly string[] =>
  (retries?.retryOn ?? DEFAULT_EVENT)
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** The retry policy of every route; undefined when the Canary has none. Its defaults are Flagger's. */
export const retryPolicy = (options: RouteOptions): JsonRecord | undefined => {
  const { retries } = options;
  if (retries === undefined) return undefined;
  const of = (list: string): JsonRecord => {
    const events = wordsOf(options).flatMap((word) => (EVENTS[word]?.[0] === list ? [EVENTS[word][1]] : []));
    return events.length === 0 ? {} : { [`${list}RetryEvents`]: [...new Set(events)] };
  };
  return {
    maxRetries: retries.attempts ?? 1,
    perRetryTimeout: meshDuration(retries.perTryTimeout ?? DEFAULT_TIMEOUT),
    ...of('http'),
    ...of('tcp'),
    ...of('grpc'),
  };
};

/** What of the retries App Mesh does not know for this protocol. */
export const retryProblems = (options: RouteOptions, protocol: Exclude<Protocol, 'tcp'>): readonly Problem[] => {
  if (options.retries === undefined) return [];
  const known = Object.keys(EVENTS).filter((word) => protocol === 'grpc' || EVENTS[word]?.[0] !== 'grpc');
  const unknown = wordsOf(options).filter((word) => !known.includes(word));
  if (unknown.length === 0) return [];
  const message = `App Mesh does not retry ${protocol} on ${unknown.join(', ')}; want some of ${known.join(', ')}`;
  return [{ where: 'spec.service.retries.retryOn', message, reason: 'InvalidSpec' }];
};
