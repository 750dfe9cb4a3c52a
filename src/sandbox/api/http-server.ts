import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { load } from 'js-yaml';
import type { KubeRequest, KubeResponse } from '../../kube/transport.ts';
import { answer, refusal } from './answer.ts';
import { asksForWatch } from './query.ts';
import type { Caller } from './request-handler.ts';
import type { SandboxApi } from './sandbox-api.ts';
import { badRequest, methodNotAllowed, notImplemented, tooLarge, unauthorized } from './status.ts';

export type HttpOptions = {
  /** User by bearer token. */
  readonly tokens: Readonly<Record<string, string>>;
  /** 0, the default, takes a free one. */
  readonly port?: number;
};

export type HttpServer = {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Ends open watches and stops listening. */
  readonly close: () => Promise<void>;
};

/** As much as a real API server reads. */
const BODY_LIMIT = 3 * 1024 * 1024;

/** Serves `api` on loopback as a Kubernetes API server over plain HTTP. */
export const serveHttp = async (api: SandboxApi, { tokens, port = 0 }: HttpOptions): Promise<HttpServer> => {
  const server = createServer((incoming, outgoing) => {
    serve(api, { incoming, outgoing, tokens }).catch((error: unknown) => {
      if (!outgoing.headersSent && !outgoing.destroyed) send(outgoing, faultOf(error));
      else outgoing.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${portOf(server)}`, close: () => stop(server) };
};

type Exchange = {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly tokens: Readonly<Record<string, string>>;
};

const serve = async (api: SandboxApi, { incoming, outgoing, tokens }: Exchange): Promise<void> => {
  const caller = callerOf(incoming, tokens);
  const request = await readRequest(incoming);
  if (!asksForWatch(request)) return send(outgoing, api.handle(request, caller));
  if (outgoing.destroyed) return;
  const watch = api.watch(request, caller);
  outgoing.on('close', watch.close);
  outgoing.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
  outgoing.flushHeaders();
  for await (const event of watch.events) outgoing.write(`${JSON.stringify(event)}\n`);
  outgoing.end();
};

const callerOf = ({ headers }: IncomingMessage, tokens: Readonly<Record<string, string>>): Caller => {
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  const user = Object.hasOwn(tokens, token) ? tokens[token] : undefined;
  if (user === undefined) throw unauthorized();
  if (headers['impersonate-user'] !== undefined) throw notImplemented('impersonation');
  return { user, agent: headers['user-agent']?.split('/')[0] };
};

const METHODS: Readonly<Record<string, KubeRequest['method']>> = {
  GET: 'GET',
  POST: 'POST',
  PUT: 'PUT',
  PATCH: 'PATCH',
  DELETE: 'DELETE',
};

const readRequest = async (incoming: IncomingMessage): Promise<KubeRequest> => {
  const url = new URL(incoming.url ?? '/', 'http://localhost');
  const method = METHODS[incoming.method ?? ''];
  if (method === undefined) throw methodNotAllowed(incoming.method ?? '', url.pathname);
  const contentType = incoming.headers['content-type']?.split(';')[0]?.trim();
  const text = await readText(incoming);
  return {
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    ...(contentType === undefined ? {} : { contentType }),
    ...(incoming.headers.accept === undefined ? {} : { accept: incoming.headers.accept }),
    ...(text === '' ? {} : { body: parseBody(text, contentType) }),
  };
};

const readText = async (incoming: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > BODY_LIMIT) throw tooLarge(BODY_LIMIT);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
};

/** JSON; for server-side apply YAML too, of which JSON is a part. */
const parseBody = (text: string, contentType = ''): unknown => {
  try {
    return contentType.endsWith('+yaml') ? load(text) : JSON.parse(text);
  } catch (error) {
    throw badRequest(`the body of the request cannot be read: ${error instanceof Error ? error.message : 'no reason'}`);
  }
};

const send = (outgoing: ServerResponse, { status, headers, body }: KubeResponse): void => {
  const plain = typeof body === 'string';
  outgoing.writeHead(status, plain ? { ...headers, 'content-type': 'text/plain' } : headers);
  outgoing.end(plain ? body : JSON.stringify(body));
};

/** A refusal as it is; what is none, as the 500 that a client of a broken server gets. */
const faultOf = (error: unknown): KubeResponse => {
  try {
    return refusal(error);
  } catch (fault) {
    const message = `Internal error occurred: ${fault instanceof Error ? fault.message : String(fault)}`;
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
    return answer(500, { ...status, message, reason: 'InternalError', code: 500 });
  }
};

const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('Cannot tell the port: no TCP address');
  return address.port;
};

const stop = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
