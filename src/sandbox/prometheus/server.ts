import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/message-of.ts';
import { type ApiAnswer, answerQuery } from './query-api.ts';
import type { SeriesStore } from './series-store.ts';

export type PrometheusServer = {
  /** `http://127.0.0.1:<port>` */
  readonly address: string;
  readonly close: () => Promise<void>;
};

/** Serves the query API on a free port of the loopback interface, or on `port`. */
export const servePrometheus = async (options: {
  readonly store: SeriesStore;
  readonly clock: Clock;
  readonly port?: number;
}): Promise<PrometheusServer> => {
  const server = createServer((request, response) => {
    respond(request).then(
      (answer) => response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body),
      (error: unknown) => response.writeHead(500, { 'content-type': 'text/plain' }).end(messageOf(error)),
    );
  });
  const respond = async (request: IncomingMessage): Promise<ApiAnswer> => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const params = new URLSearchParams(url.search);
    if (request.method === 'POST') {
      for (const [name, value] of new URLSearchParams(await text(request))) params.append(name, value);
    }
    return answerQuery({ method: request.method ?? 'GET', path: url.pathname, params }, options);
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('Cannot serve Prometheus: no TCP port was bound');
  return {
    address: `http://127.0.0.1:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
