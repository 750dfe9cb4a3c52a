import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What keeps the controller from being ready, and what else is wrong, in words. */
export type Readiness = () => { readonly missing: readonly string[]; readonly problems: readonly string[] };

export type HealthServer = { readonly port: number; readonly close: () => Promise<void> };

type Served = {
  readonly readiness: Readiness;
  readonly metrics: { readonly text: () => Promise<string>; readonly contentType: string };
};
type Answer = { readonly status: number; readonly body: string; readonly type?: string };

const answerTo = async ({ method, url }: IncomingMessage, { readiness, metrics }: Served): Promise<Answer> => {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'only GET\n' };
  switch (url?.split('?')[0]) {
    case '/healthz':
      return { status: 200, body: 'ok\n' };
    case '/readyz': {
      const { missing, problems } = readiness();
      const lines = missing.length === 0 ? ['ok', ...problems] : [...missing, ...problems];
      return { status: missing.length === 0 ? 200 : 503, body: `${lines.join('\n')}\n` };
    }
    case '/metrics':
      return { status: 200, body: await metrics.text(), type: metrics.contentType };
    default:
      return { status: 404, body: 'serves /healthz, /readyz and /metrics\n' };
  }
};

/**
 * Serves `/healthz` (the process answers), `/readyz` (caches are filled; says what is missing and what else is wrong) and `/metrics`.
 * Resolves when it listens; rejects when the port is taken.
 */
export const serveHealth = (
  options: Served & { readonly port: number; readonly host?: string },
): Promise<HealthServer> => {
  const server: Server = createServer((request, response) => {
    const send = ({ status, body, type = 'text/plain; charset=utf-8' }: Answer): void => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    // A scrape that fails is no reason for a controller to die.
    answerTo(request, options).then(send, () => send({ status: 500, body: 'the metrics cannot be read\n' }));
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
