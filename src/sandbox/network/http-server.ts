import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { endToEndHeaders, type HttpHandler, type HttpRequest, textAnswer } from './http.ts';

/** A real server on the loopback interface. */
export type HttpServer = {
  readonly port: number;
  readonly url: string;
  /** Refuses new connections and cuts those that are open. */
  readonly close: () => Promise<void>;
};

const requestOf = async (message: IncomingMessage): Promise<HttpRequest> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const headers = endToEndHeaders(message.headers);
  return {
    method: message.method ?? 'GET',
    host: (headers['host'] ?? '').replace(/:\d+$/, '').toLowerCase(),
    path: message.url ?? '/',
    headers,
    ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks).toString() }),
  };
};

const respond = async (handler: HttpHandler, message: IncomingMessage, response: ServerResponse): Promise<void> => {
  const answer = await handler(await requestOf(message)).catch(() => textAnswer(500, 'Internal error\n'));
  const { 'set-cookie': cookies, ...headers } = answer.headers;
  response.writeHead(answer.status, {
    ...headers,
    ...(cookies === undefined ? {} : { 'set-cookie': cookies.split('\n') }),
    'content-length': Buffer.byteLength(answer.body),
  });
  response.end(answer.body);
};

/** `handler` as `createServer` of node:http wants it. */
export const listenerOf =
  (handler: HttpHandler): RequestListener =>
  (message, response) => {
    respond(handler, message, response).catch(() => response.destroy());
  };

const bound = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new TypeError('Cannot learn the port of the server'));
      else resolve(address.port);
    });
  });

/**
 * Serves `handler` on 127.0.0.1, on a free port unless one is given. Idle connections are kept for ever, so that a
 * client's pooled connection is never closed in the moment of its next request.
 */
export const serveHttp = async (handler: HttpHandler, port = 0): Promise<HttpServer> => {
  const server = createServer({ keepAliveTimeout: 0 }, listenerOf(handler));
  const taken = await bound(server, port);
  return {
    port: taken,
    url: `http://127.0.0.1:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
