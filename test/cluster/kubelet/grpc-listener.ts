import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { HttpHandler } from '#src/sandbox/network/http.ts';

/** The one method: what a gRPC health check asks. */
export const CHECK = '/grpc.health.v1.Health/Check';
/** Says what the application is asked, `/` unless it is there. */
export const PATH_HEADER = 'x-path';

const OK = '0';
const UNIMPLEMENTED = '12';
/** Not retried by anybody, as UNAVAILABLE would be. */
const INTERNAL = '13';

/** `HealthCheckResponse { status: SERVING }` in its frame: no compression, length 2, field 1. */
const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]);

/**
 * Answers gRPC calls with what `handler` answers: its headers are the call's metadata, a status of 500 and above is the
 * gRPC status INTERNAL.
 */
export const grpcListener =
  (handler: HttpHandler) =>
  (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    // A client that goes away is no error of the server's.
    stream.on('error', () => {});
    stream.resume();
    answer(stream, { handler, headers }).catch(() => stream.close());
  };

const answer = async (
  stream: ServerHttp2Stream,
  { handler, headers }: { readonly handler: HttpHandler; readonly headers: IncomingHttpHeaders },
): Promise<void> => {
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  if (headers[':path'] !== CHECK) return stream.respond({ ...head, 'grpc-status': UNIMPLEMENTED }, { endStream: true });
  const host = String(headers[':authority'] ?? '').replace(/:\d+$/, '');
  const path = String(headers[PATH_HEADER] ?? '/');
  const answered = await handler({ method: 'GET', host, path, headers: {} });
  if (stream.destroyed) return;
  const failed = answered.status >= 500;
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': failed ? INTERNAL : OK }));
  stream.respond({ ...answered.headers, ...head }, { waitForTrailers: true });
  stream.end(failed ? undefined : SERVING);
};
