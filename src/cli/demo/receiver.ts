import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { stringAt } from '../../lib/json.ts';

/** One message as a receiver got it. */
export type Received = {
  readonly receiver: 'slack' | 'webhook';
  /** The operation's id, as its header says. */
  readonly id: string;
  readonly topic: string;
  readonly text: string;
};

export type Receiver = {
  readonly url: (path: 'slack' | 'webhook') => string;
  readonly received: readonly Received[];
  readonly close: () => Promise<void>;
};

/** Takes what Slack and a generic webhook would take, and keeps it. */
export const startReceiver = async (onMessage: (message: Received) => void, host = '127.0.0.1'): Promise<Receiver> => {
  const received: Received[] = [];
  const take = async (request: IncomingMessage): Promise<void> => {
    const receiver = request.url === '/slack' ? 'slack' : 'webhook';
    const body: unknown = JSON.parse(await text(request));
    const id = request.headers['idempotency-key'];
    const message: Received = {
      receiver,
      id: typeof id === 'string' ? id : '',
      topic: stringAt(body, 'topic') ?? '',
      text:
        receiver === 'slack' ? (stringAt(body, 'text') ?? '') : `${stringAt(body, 'title')}: ${stringAt(body, 'text')}`,
    };
    received.push(message);
    onMessage(message);
  };
  const server = createServer((request, response) => {
    take(request).then(
      () => response.writeHead(200).end('ok'),
      () => response.writeHead(400).end('not a message'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://${host}:${port}/${path}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
