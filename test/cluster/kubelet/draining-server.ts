import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { HttpHandler } from '#src/sandbox/network/http.ts';
import { listenerOf } from '#src/sandbox/network/http-server.ts';
import { grpcListener } from './grpc-listener.ts';

/** What a client that speaks HTTP/2 begins with (RFC 9113, 3.4). */
const PREFACE = Buffer.from('PRI');
/** No stream has a higher number: everything that is under way is still answered. */
const LAST_STREAM = 2 ** 31 - 1;

/** A server of HTTP/1.1 and of gRPC on one port that can end without losing a request. */
export class DrainingServer {
  readonly #server: Server;
  readonly #http2: Http2Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #underWay = new Set<ServerResponse>();
  /** Connections that have said nothing yet. */
  readonly #silent = new Set<Socket>();
  #leaving = false;

  constructor(handler: HttpHandler) {
    const listener = listenerOf(handler);
    // Idle connections are kept: a client's pooled connection is not closed in the moment of its next request.
    this.#server = createServer({ keepAliveTimeout: 0 }, (message, response) => {
      if (this.#leaving) response.setHeader('connection', 'close');
      this.#underWay.add(response);
      response.on('close', () => this.#underWay.delete(response));
      listener(message, response);
    });
    this.#http2 = createHttp2Server();
    this.#http2.on('stream', grpcListener(handler));
    this.#http2.on('session', (session) => {
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
      if (this.#leaving) session.goaway(0, LAST_STREAM);
    });
    const http1 = this.#server.rawListeners('connection');
    this.#server.removeAllListeners('connection');
    this.#server.on('connection', (socket) =>
      this.#connected(socket, () => {
        for (const listen of http1) listen.call(this.#server, socket);
      }),
    );
  }

  listen(address: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, address, resolve);
    });
  }

  /** Every answer from now on closes its connection, so that clients go elsewhere. */
  sendAway(): void {
    this.#leaving = true;
    for (const response of this.#underWay) if (!response.headersSent) response.setHeader('connection', 'close');
    for (const session of this.#sessions) session.goaway(0, LAST_STREAM);
  }

  /** Takes no more connections; resolves when the last request is answered. */
  finish(): Promise<void> {
    this.sendAway();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      for (const session of this.#sessions) session.close();
      for (const socket of this.#silent) socket.destroy();
    });
  }

  cut(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Hands a connection to the server that understands what it says first. */
  #connected(socket: Socket, http1: () => void): void {
    this.#sockets.add(socket);
    this.#silent.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#silent.delete(socket);
    });
    const ignore = (): void => {};
    // Until somebody else listens, an error would end this very process.
    socket.on('error', ignore);
    socket.once('readable', () => {
      const first: unknown = socket.read();
      if (!(first instanceof Buffer)) return void socket.destroy();
      this.#silent.delete(socket);
      socket.unshift(first);
      if (first.subarray(0, PREFACE.length).equals(PREFACE)) this.#http2.emit('connection', socket);
      else http1();
      socket.off('error', ignore);
    });
  }
}
