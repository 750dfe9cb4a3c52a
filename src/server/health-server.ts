import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One thing that must hold before the controller counts as ready; text when it does not. */
export type Readiness = () => readonly string[];

export type HealthServer = { readonly port: number; readonly close: () => Promise<void> };

/**
 * Serves `/healthz` (the process answers), `/readyz` (caches are filled; says what is missing) and `/metrics`.
 * Resolves when it listens; rejects when the port is taken.
 */
export const serveHealth = (options: {
  readonly port: number;
  readonly host?: string;
  readonly readiness: Readiness;
  readonly metrics: { readonly text: () => Promise<string>; readonly contentType: string };
}): Promise<HealthServer> => {
  const server: Server = createServer(async (request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'only GET\n');
    switch (request.url?.split('?')[0]) {
      case '/healthz':
        return answer(200, 'ok\n');
      case '/readyz': {
        const missing = options.readiness();
        return missing.length === 0 ? answer(200, 'ok\n') : answer(503, `${missing.join('\n')}\n`);
      }
      case '/metrics':
        return answer(200, await options.metrics.text(), options.metrics.contentType);
      default:
        return answer(404, 'serves /healthz, /readyz and /metrics\n');
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new Error(`Cannot listen on port ${options.port}`, { cause })));
    server.listen(options.port, options.host, () => {
      const { port } = server.address() as AddressInfo;
      const close = (): Promise<void> =>
        new Promise((closed) => {
          server.close(() => closed());
          server.closeAllConnections();
        });
      resolve({ port, close });
    });
  });
};
