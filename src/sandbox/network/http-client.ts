import { Agent, request as httpRequest } from 'node:http';
import { ConnectionError, endToEndHeaders, type HttpAnswer, type HttpRequest } from './http.ts';

/** A client that keeps its connections alive and retries nothing. */
export type HttpClient = {
  /** Sends to the port on loopback, with the request's own Host header. Rejects with ConnectionError. */
  readonly send: (port: number, request: HttpRequest) => Promise<HttpAnswer>;
  readonly close: () => void;
};

export const createHttpClient = (): HttpClient => {
  const agent = new Agent({ keepAlive: true });
  return {
    send: (port, request) =>
      new Promise((resolve, reject) => {
        const lost = (cause: unknown): void =>
          reject(new ConnectionError(`Cannot get an answer from 127.0.0.1:${port}`, { cause }));
        const outgoing = httpRequest(
          {
            agent,
            host: '127.0.0.1',
            port,
            method: request.method,
            path: request.path,
            headers: { ...request.headers, host: request.host },
          },
          (message) => {
            const chunks: Uint8Array[] = [];
            message.on('data', (chunk: Uint8Array) => chunks.push(chunk));
            message.on('error', lost);
            message.on('end', () => {
              const headers = endToEndHeaders(message.headers);
              resolve({ status: message.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString() });
            });
          },
        );
        outgoing.on('error', lost);
        outgoing.end(request.body);
      }),
    close: () => agent.destroy(),
  };
};
