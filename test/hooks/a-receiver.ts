import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { HookCall } from '#src/hooks/call-hook.ts';
import { HookCaller } from '#src/hooks/call-hook.ts';
import { systemClock } from '#src/lib/clock.ts';
import { ALWAYS_DENIED, denyList } from '#src/lib/deny-list.ts';
import type { Owner } from '#test/harness/release.ts';
import { TEST_CERTIFICATE, TEST_KEY } from '#test/kube/test-certificate.ts';

/** One request as the receiver got it. */
export type Received = {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

/** A real server on loopback, which answers as `answer` does; over TLS with a certificate that nobody trusts. */
export const aReceiver = async (
  owner: Owner,
  answer: (response: ServerResponse, received: Received, index: number) => void,
  { tls = false }: { readonly tls?: boolean } = {},
): Promise<{ readonly url: string; readonly port: number; readonly received: readonly Received[] }> => {
  const received: Received[] = [];
  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const got = { method: request.method, url: request.url, headers: request.headers, body: await read(request) };
    received.push(got);
    answer(response, got, received.length - 1);
  };
  const server = tls ? createTlsServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }, onRequest) : createServer(onRequest);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  owner.after(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, port, received };
};

/** A caller that may reach loopback, but nothing else that is always denied. */
export const aCaller = (owner: Owner, allow: readonly string[] = ['127.0.0.0/8', '::1']): HookCaller => {
  const caller = new HookCaller({ clock: systemClock, deny: denyList({ deny: ALWAYS_DENIED, allow }) });
  owner.after(() => caller.close());
  return caller;
};

export const aCall = (url: string, parts: Partial<HookCall> = {}): HookCall => ({
  id: 'call-1',
  url,
  body: '{"name":"podinfo"}',
  timeoutMs: 2000,
  retries: 0,
  disableTLS: false,
  ...parts,
});

/** Never aborted. */
export const patient = (): AbortSignal => new AbortController().signal;
