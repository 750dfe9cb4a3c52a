import { createServer, request as httpRequest } from 'node:http';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { Owner } from '#test/harness/release.ts';

export type Proxy = { readonly host: string; readonly passed: readonly string[] };

const listening = async (owner: Owner, server: Server): Promise<string> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  owner.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
};

const piped = (
  client: Socket,
  to: { readonly host: string; readonly port: number },
  onOpen: (upstream: Socket) => void,
): void => {
  const upstream = connect(to.port, to.host, () => {
    onOpen(upstream);
    client.pipe(upstream);
    upstream.pipe(client);
  });
  for (const socket of [client, upstream]) socket.on('error', () => undefined);
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
};

/** A forward proxy over HTTP that wants `user:password`, with tunnels and without. What it passed on is kept. */
export const anHttpProxy = async (owner: Owner, credentials: string): Promise<Proxy> => {
  const passed: string[] = [];
  const wanted = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const server = createServer((request, response) => {
    if (request.headers['proxy-authorization'] !== wanted) return void response.writeHead(407).end();
    passed.push(`${request.method} ${new URL(request.url ?? '').host}`);
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = httpRequest(request.url ?? '', { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on('connect', (request, client: Socket) => {
    if (request.headers['proxy-authorization'] !== wanted) return void client.end('HTTP/1.1 407 No\r\n\r\n');
    passed.push(`CONNECT ${request.url}`);
    const [host = '', port] = (request.url ?? '').split(':');
    piped(client, { host, port: Number(port) }, () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
  });
  return { host: await listening(owner, server), passed };
};

/** A SOCKS5 proxy (RFC 1928) that wants a user and a password (RFC 1929). */
export const aSocksProxy = async (owner: Owner, credentials: string): Promise<Proxy> => {
  const passed: string[] = [];
  const server = createTcpServer((client) => {
    let stage: 'greeting' | 'login' | 'request' | 'open' = 'greeting';
    client.on('error', () => undefined);
    const onData = (data: Buffer): void => {
      if (stage === 'greeting') {
        stage = 'login';
        client.write(Buffer.from([5, 2]));
        return;
      }
      if (stage === 'login') {
        const length = data[1] ?? 0;
        const user = data.subarray(2, 2 + length).toString();
        const password = data.subarray(3 + length).toString();
        stage = 'request';
        client.write(Buffer.from([1, `${user}:${password}` === credentials ? 0 : 1]));
        return;
      }
      if (stage === 'request') {
        const isName = data[3] === 3;
        const length = isName ? (data[4] ?? 0) : 4;
        const at = isName ? 5 : 4;
        const bytes = data.subarray(at, at + length);
        const host = isName ? bytes.toString() : [...bytes].join('.');
        const port = data.readUInt16BE(at + length);
        passed.push(`${host}:${port}`);
        stage = 'open';
        client.off('data', onData);
        piped(client, { host, port }, () => client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])));
      }
    };
    client.on('data', onData);
  });
  return { host: await listening(owner, server), passed };
};
