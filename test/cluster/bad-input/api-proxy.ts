import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { request as requestOverTls } from 'node:https';
import type { AddressInfo } from 'node:net';

/** How the proxy behaves: it passes everything on, answers everything with a status, or answers nothing at all. */
export type Mode = 'pass' | 'silence' | 429 | 500;

/** Stands before an API server and can be made to behave like a server in trouble. */
export type ApiProxy = {
  readonly url: string;
  readonly set: (mode: Mode) => void;
  readonly close: () => Promise<void>;
};

const refuse = (response: ServerResponse, code: number): void => {
  const reason = code === 429 ? 'TooManyRequests' : 'InternalError';
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'in trouble on purpose', reason, code };
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

/** Serves plain HTTP on loopback and passes on to `server`, credentials and all. */
export const startApiProxy = async (server: { readonly url: string; readonly ca: string }): Promise<ApiProxy> => {
  let mode: Mode = 'pass';
  /** Answers that are under way: watches above all. */
  const open = new Set<ServerResponse>();

  const forward = (incoming: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(incoming.url ?? '/', server.url);
    const options = { method: incoming.method, headers: { ...incoming.headers, host: url.host } };
    const send = url.protocol === 'https:' ? requestOverTls : request;
    const upstream = send(url, { ...options, ca: server.ca }, (answer) => {
      if (mode === 'pass') {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        // A watch says nothing more for a while.
        response.flushHeaders();
      }
      answer.on('data', (chunk: Buffer) => {
        // What was said while it was silent never arrives, as on a connection that has died.
        if (mode === 'pass') response.write(chunk);
      });
      answer.on('end', () => mode === 'pass' && response.end());
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => {
      open.delete(response);
      upstream.destroy();
    });
    incoming.pipe(upstream);
  };

  const proxy = createServer((incoming, response) => {
    open.add(response);
    response.on('close', () => open.delete(response));
    if (mode === 'pass') forward(incoming, response);
    else if (mode !== 'silence') refuse(response, mode);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const cut = (): void => {
    for (const response of open) response.destroy();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    set: (next) => {
      // Silence leaves connections as they are; whatever else comes cuts them.
      if (next !== 'silence') cut();
      mode = next;
    },
    close: async () => {
      cut();
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
};
