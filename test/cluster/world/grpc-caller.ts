// A client of a mesh without a proxy: calls what its argument names (`xds:///…`), by the routes that istiod has for it;
// GRPC_XDS_BOOTSTRAP says how to reach istiod. It is told each call by its parent, and tells it the answer.
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';
import { numberAt, stringAt } from '#src/lib/json.ts';
import { CHECK, PATH_HEADER } from '../kubelet/grpc-listener.ts';

const LIMIT_MS = 15_000;

register();
const client = new Client(process.argv[2] ?? '', credentials.createInsecure());
const bytes = (buffer: Buffer): Buffer => buffer;

process.on('message', (message: unknown) => {
  const id = numberAt(message, 'id');
  const metadata = new Metadata();
  metadata.set(PATH_HEADER, stringAt(message, 'path') ?? '/');
  const headers: Record<string, string> = {};
  const options = { deadline: Date.now() + LIMIT_MS };
  const call = client.makeUnaryRequest(CHECK, bytes, bytes, Buffer.alloc(0), metadata, options, (error) => {
    process.send?.({ id, code: error?.code ?? 0, details: error?.details ?? '', headers });
  });
  call.on('metadata', (received) => {
    for (const [name, value] of Object.entries(received.getMap())) headers[name] = String(value);
  });
});
process.on('disconnect', () => process.exit(0));
