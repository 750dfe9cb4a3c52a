import type { KubeRequest, KubeResponse, KubeStream, Transport } from '../../kube/transport.ts';
import type { Clock } from '../../lib/clock.ts';
import { sleep } from '../../lib/sleep.ts';
import { EventQueue } from '../api/event-queue.ts';
import type { Fault, FaultPlan } from './fault.ts';

/** A connection that broke, as a client sees it. */
export class ConnectionLost extends Error {
  constructor(why: string) {
    super(`Cannot reach the API server: ${why}`);
    this.name = 'ConnectionLost';
  }
}

/** `transport` with the faults of `plan`; without any it behaves the same. Waits on `clock`. */
export const faultyTransport = (
  transport: Transport,
  { plan, clock }: { readonly plan: FaultPlan; readonly clock: Clock },
): Transport => {
  let index = 0;

  const wait = async (ms: number, { signal }: KubeRequest): Promise<void> => {
    await sleep(clock, ms, signal);
    signal?.throwIfAborted();
  };

  return {
    request: async (request) => {
      const fault = plan(request, index++);
      if (fault === undefined) return transport.request(request);
      switch (fault.type) {
        case 'drop':
          throw new ConnectionLost('the request was lost');
        case 'refuse':
          return refusalOf(fault);
        case 'delay':
          await wait(fault.ms, request);
          return transport.request(request);
        case 'loseAnswer':
          await transport.request(request);
          throw new ConnectionLost('the answer was lost');
        case 'delayAnswer': {
          const response = await transport.request(request);
          await wait(fault.ms, request);
          return response;
        }
        default:
          throw new TypeError(
            `Cannot plan the fault ${fault.type} for ${request.method} ${request.path}: it is of watches`,
          );
      }
    },

    stream: async (request) => {
      const fault = plan(request, index++);
      if (fault === undefined) return transport.stream(request);
      if (fault.type === 'drop') throw new ConnectionLost('the request was lost');
      if (fault.type === 'refuse') return refusedStream(refusalOf(fault));
      if (fault.type === 'delay') await wait(fault.ms, request);
      const stream = await transport.stream(request);
      switch (fault.type) {
        case 'cut':
          return { ...stream, events: cut(stream.events, fault.afterEvents) };
        case 'duplicate':
          return { ...stream, events: duplicated(stream.events) };
        case 'delayEvents':
          return { ...stream, events: delayed(stream.events, { ms: fault.ms, clock, signal: request.signal }) };
        case 'delay':
          return stream;
        default:
          throw new TypeError(`Cannot plan the fault ${fault.type} for a watch of ${request.path}: it is of requests`);
      }
    },

    close: () => transport.close(),
  };
};

const REASONS = {
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
};

const refusalOf = ({ status, retryAfterSeconds }: Fault & { type: 'refuse' }): KubeResponse => ({
  status,
  headers: {
    'content-type': 'application/json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  },
  body: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: REASONS[status],
    message: `planned fault: ${REASONS[status]}`,
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
    code: status,
  },
});

const refusedStream = (response: KubeResponse): KubeStream => {
  const events = new EventQueue<unknown>();
  events.end();
  return { ...response, events };
};

async function* cut(events: AsyncIterable<unknown>, afterEvents: number): AsyncGenerator<unknown> {
  let seen = 0;
  if (seen === afterEvents) throw new ConnectionLost('the watch was cut');
  for await (const event of events) {
    yield event;
    if (++seen === afterEvents) throw new ConnectionLost('the watch was cut');
  }
}

async function* duplicated(events: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const event of events) {
    yield event;
    yield event;
  }
}

type Delay = { readonly ms: number; readonly clock: Clock; readonly signal: AbortSignal | undefined };

async function* delayed(events: AsyncIterable<unknown>, { ms, clock, signal }: Delay): AsyncGenerator<unknown> {
  for await (const event of events) {
    await sleep(clock, ms, signal);
    if (signal?.aborted) return;
    yield event;
  }
}
