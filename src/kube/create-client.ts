import { FIELD_MANAGER } from '../api/names.ts';
import type { Clock } from '../lib/clock.ts';
import { type KubeObject, type ObjectRef, type Resource, refOf } from '../lib/kube-object.ts';
import type { Random } from '../lib/random.ts';
import { sleep } from '../lib/sleep.ts';
import { backOffMs } from './back-off.ts';
import type { KubeClient, ListOptions, WatchEvent } from './client.ts';
import { FencedError } from './fenced-transport.ts';
import { errorOfAnswer, errorOfFailure, isKubeError, type KubeCall, KubeError } from './kube-error.ts';
import { parseList, parseObject, parseWatchEvent } from './parse-object.ts';
import { pathOf, resourceFor } from './resources.ts';
import type { KubeRequest, KubeResponse, Transport } from './transport.ts';
import { DeadlineError, withinDeadline } from './within-deadline.ts';

export type KubeClientOptions = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** For each attempt, and for the opening of a watch. @default 15_000 */
  readonly timeoutMs?: number;
  /** Attempts after the first. @default 4 */
  readonly retries?: number;
  /** Hears how each attempt ended; one that the caller gave up is not told. */
  readonly heard?: Heard;
};

/** One attempt has ended: well where `error` is undefined. */
export type Heard = (call: KubeCall, error: KubeError | undefined) => void;

const BACK_OFF = { baseMs: 200, maxMs: 5_000 };
/** A server that wants to be left alone for longer than this is left alone by the caller's own schedule. */
const LONGEST_WAIT_MS = 10_000;

const MERGE_PATCH = 'application/merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';
const METADATA = 'as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const METADATA_LIST = 'as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const MANAGED = { fieldManager: FIELD_MANAGER };

/**
 * A client over any transport. Every call ends: an attempt has a time-out, attempts are counted. Refused for load (429,
 * or 5xx with Retry-After), any call is repeated; broken off, timed out or answered 5xx, only one that may happen
 * twice, which is all but `create`. A conflict is the caller's to resolve: it must read and decide again.
 */
export const createKubeClient = (options: KubeClientOptions): KubeClient => {
  const { transport, clock, random, timeoutMs = 15_000, retries = 4 } = options;
  const heard: Heard = (call, error) => {
    if (error?.kind !== 'Aborted') options.heard?.(call, error);
  };
  const failed = (call: KubeCall, error: KubeError): KubeError => {
    heard(call, error);
    return error;
  };

  const attempt = async <R extends KubeResponse>(
    call: KubeCall,
    run: (signal: AbortSignal) => Promise<R>,
    signal?: AbortSignal,
  ): Promise<R> => {
    let answer: R;
    try {
      answer = await withinDeadline(run, { clock, ms: timeoutMs, signal });
    } catch (cause) {
      throw failed(call, broken(call, cause, signal));
    }
    if (answer.status < 200 || answer.status > 299) throw failed(call, errorOfAnswer(call, answer));
    heard(call, undefined);
    return answer;
  };

  const send = async (call: KubeCall, request: KubeRequest, signal?: AbortSignal): Promise<unknown> => {
    for (let failures = 1; ; failures++) {
      try {
        return (await attempt(call, (given) => transport.request({ ...request, signal: given }), signal)).body;
      } catch (error) {
        if (failures > retries || !mayRepeat(call, error)) throw error;
        const asked = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
        if (asked > LONGEST_WAIT_MS) throw error;
        await sleep(clock, Math.max(asked, backOffMs(failures, { ...BACK_OFF, random })), signal);
      }
    }
  };

  const sendObject = async (call: KubeCall, request: Omit<KubeRequest, 'path'>): Promise<KubeObject> =>
    expected(call, parseObject(call.resource, await send(call, { ...request, path: call.path })), 'an object');

  return {
    get: async (ref) => {
      try {
        return await sendObject(callOn('get', ref), { method: 'GET' });
      } catch (error) {
        if (isKubeError(error, 'NotFound')) return undefined;
        throw error;
      }
    },

    list: async (resource, listOptions = {}) => {
      const call = callOnAll('list', resource, listOptions);
      const accept = acceptOf(listOptions, METADATA_LIST);
      const request: KubeRequest = { method: 'GET', path: call.path, query: queryOf(listOptions), ...accept };
      return expected(call, parseList(resource, await send(call, request, listOptions.signal)), 'a list');
    },

    watch: async (resource, listOptions) => {
      const call = callOnAll('watch', resource, listOptions);
      const query = { ...queryOf(listOptions), watch: 'true', allowWatchBookmarks: 'true' };
      const request: KubeRequest = { method: 'GET', path: call.path, query, ...acceptOf(listOptions, METADATA) };
      const open = (signal: AbortSignal) => transport.stream({ ...request, signal });
      const { events } = await attempt(call, open, listOptions.signal);
      return watchEvents(call, events, (cause) => failed(call, broken(call, cause, listOptions.signal)));
    },

    create: (object, { dryRun = false } = {}) => {
      const { namespace } = object.metadata;
      const resource = resourceFor(object);
      const call = { ...callOn('create', refOf(object)), path: pathOf(resource, { namespace }) };
      const query = dryRun ? { ...MANAGED, dryRun: 'All' } : MANAGED;
      return sendObject(call, { method: 'POST', query, contentType: 'application/json', body: object });
    },

    apply: (object) => {
      const query = { ...MANAGED, force: 'true' };
      const call = callOn('patch', refOf(object));
      return sendObject(call, { method: 'PATCH', query, contentType: APPLY_PATCH, body: object });
    },

    mergePatch: (ref, patch) =>
      sendObject(callOn('patch', ref), { method: 'PATCH', query: MANAGED, contentType: MERGE_PATCH, body: patch }),

    update: (object) =>
      sendObject(callOn('update', refOf(object)), {
        method: 'PUT',
        query: MANAGED,
        contentType: 'application/json',
        body: object,
      }),

    updateStatus: (object) =>
      sendObject(callOn('update', refOf(object), 'status'), {
        method: 'PUT',
        query: MANAGED,
        contentType: 'application/json',
        body: object,
      }),

    delete: async (ref, { uid, propagationPolicy } = {}) => {
      const call = callOn('delete', ref);
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        ...(uid === undefined ? {} : { preconditions: { uid } }),
        ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
      };
      try {
        await send(call, { method: 'DELETE', path: call.path, contentType: 'application/json', body });
        return true;
      } catch (error) {
        if (isKubeError(error, 'NotFound')) return false;
        throw error;
      }
    },
  };
};

const callOn = (verb: KubeCall['verb'], ref: ObjectRef, subresource?: 'status'): KubeCall => {
  const resource = resourceFor(ref);
  const of = { namespace: resource.namespaced ? ref.namespace : undefined, name: ref.name, subresource };
  return { verb, resource, ...of, path: pathOf(resource, of) };
};

const callOnAll = (verb: 'list' | 'watch', resource: Resource, { namespace }: ListOptions): KubeCall => ({
  verb,
  resource,
  namespace,
  path: pathOf(resource, { namespace }),
});

const queryOf = (options: ListOptions): Record<string, string> => {
  const { labelSelector, fieldSelector, limit, resourceVersion, timeoutSeconds, continue: next } = options;
  const query: Record<string, string> = {};
  if (labelSelector !== undefined) query['labelSelector'] = labelSelector;
  if (fieldSelector !== undefined) query['fieldSelector'] = fieldSelector;
  if (limit !== undefined) query['limit'] = String(limit);
  if (next !== undefined) query['continue'] = next;
  if (resourceVersion !== undefined) query['resourceVersion'] = resourceVersion;
  if (timeoutSeconds !== undefined) query['timeoutSeconds'] = String(timeoutSeconds);
  return query;
};

const acceptOf = ({ metadataOnly }: ListOptions, form: string): { accept?: string } =>
  metadataOnly === true ? { accept: `application/json;${form}` } : {};

async function* watchEvents(
  call: KubeCall,
  events: AsyncIterable<unknown>,
  failed: (cause: unknown) => KubeError,
): AsyncGenerator<WatchEvent> {
  try {
    for await (const event of events) {
      yield expected(call, parseWatchEvent(call.resource, event), 'a watch event');
    }
  } catch (cause) {
    throw cause instanceof KubeError ? cause : failed(cause);
  }
}

const expected = <T>(call: KubeCall, value: T | undefined, what: string): T => {
  if (value === undefined) throw new KubeError(call, `the answer is not ${what}`, { kind: 'Unexpected', status: 200 });
  return value;
};

const broken = (call: KubeCall, cause: unknown, signal: AbortSignal | undefined): KubeError => {
  if (signal?.aborted || cause instanceof FencedError) return errorOfFailure(call, 'Aborted', cause);
  return errorOfFailure(call, cause instanceof DeadlineError ? 'Timeout' : 'Unreachable', cause);
};

const mayRepeat = (call: KubeCall, error: unknown): boolean => {
  if (!(error instanceof KubeError)) return false;
  if (error.kind === 'TooManyRequests') return true;
  if (error.kind === 'Unavailable' && error.retryAfterMs !== undefined) return true;
  const mayHaveHappened = error.kind === 'Unavailable' || error.kind === 'Timeout' || error.kind === 'Unreachable';
  return mayHaveHappened && call.verb !== 'create';
};
