import type { Transport } from './transport.ts';

/**
 * The transport, but for writes while `mayWrite` is false: those reject. It is asked at each write, so that a process
 * that was suspended in the middle of its work does not go on with it when another has taken over meanwhile.
 */
export const fencedTransport = (transport: Transport, mayWrite: () => boolean): Transport => ({
  ...transport,
  request: async (request) => {
    if (request.method !== 'GET' && !mayWrite()) throw new Error('this process does not hold the lease');
    return transport.request(request);
  },
});
