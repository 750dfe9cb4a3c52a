import type { KubeRequest, KubeResponse, KubeStream, Transport } from '../../kube/transport.ts';
import { answer, refusal } from './answer.ts';
import { EventQueue } from './event-queue.ts';
import type { Caller } from './request-handler.ts';
import type { SandboxApi } from './sandbox-api.ts';
import type { Watch } from './watch.ts';

/**
 * A client's way into the sandbox without sockets: requests are answered in the order in which they are made, a
 * microtask later, and bodies are copied as JSON, so that nothing passes that would not pass over HTTP.
 */
export const inProcessTransport = (api: SandboxApi, caller: Caller): Transport => {
  const open = new Set<Watch>();
  let closed = false;

  const enter = async (request: KubeRequest): Promise<KubeRequest> => {
    const body: unknown = request.body === undefined ? undefined : JSON.parse(JSON.stringify(request.body));
    const { body: _, ...rest } = request;
    await Promise.resolve();
    if (closed) throw new Error('Cannot reach the API server: the transport is closed');
    request.signal?.throwIfAborted();
    return body === undefined ? rest : { ...rest, body };
  };

  return {
    request: async (request) => {
      const entered = await enter(request);
      const response = refusalOf(() => api.handle(entered, caller));
      await Promise.resolve();
      request.signal?.throwIfAborted();
      return response;
    },

    stream: async (request) => {
      const entered = await enter(request);
      const watch = watchOrRefusal(() => api.watch(entered, caller));
      if ('status' in watch) return watch;
      open.add(watch);
      request.signal?.addEventListener('abort', watch.close, { once: true });
      watch.onClose(() => {
        open.delete(watch);
        request.signal?.removeEventListener('abort', watch.close);
      });
      return { ...answer(200, undefined), events: watch.events };
    },

    close: async () => {
      closed = true;
      for (const watch of open) watch.close();
    },
  };
};

const refusalOf = (run: () => KubeResponse): KubeResponse => {
  try {
    return run();
  } catch (error) {
    return refusal(error);
  }
};

const watchOrRefusal = (run: () => Watch): Watch | KubeStream => {
  try {
    return run();
  } catch (error) {
    const events = new EventQueue<unknown>();
    events.end();
    return { ...refusal(error), events };
  }
};
