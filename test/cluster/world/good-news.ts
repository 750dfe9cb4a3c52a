import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Prometheus that has counted a hundred requests and no error, whenever it is asked. */
export const serveGoodNews = async (address: string): Promise<{ readonly url: string; readonly close: () => void }> => {
  const server = createServer((request, response) => {
    const isOfErrors = decodeURIComponent(request.url ?? '').includes('code=~');
    const value = [Date.now() / 1000, isOfErrors ? '0' : '100'];
    const data = { resultType: 'vector', result: [{ metric: {}, value }] };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ status: 'success', data }));
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://${address}:${port}`, close: () => server.close() };
};
