import type { KubeRequest, KubeResponse, Transport } from '../../kube/transport.ts';
import { EventQueue } from '../api/event-queue.ts';

/** What a request is answered with instead of what the server would say; undefined lets it through. */
export type Answering = (request: KubeRequest) => KubeResponse | undefined;

/** `transport` with some requests, watches among them, answered by `answer`; they never reach the server. */
export const answering = (transport: Transport, answer: Answering): Transport => ({
  request: async (request) => answer(request) ?? transport.request(request),
  stream: async (request) => {
    const given = answer(request);
    if (given === undefined) return transport.stream(request);
    const events = new EventQueue<unknown>();
    events.end();
    return { ...given, events };
  },
  close: () => transport.close(),
});

/** As a server that does not serve a group: `serin.dev`, `gateway.networking.k8s.io`. */
export const notServed = ({ path }: KubeRequest, group: string): KubeResponse | undefined =>
  path.startsWith(`/apis/${group}/`)
    ? { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' }
    : undefined;
