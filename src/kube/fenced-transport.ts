import type { Transport } from './transport.ts';

/** A write that was not sent, because this process may not act. */
export class FencedError extends Error {
  override readonly name = 'FencedError';

  constructor() {
    super('this process does not hold the lease');
  }
}

/**
 * The transport, but for writes while `mayWrite` is false: those reject. It is asked at each write, so that a process
 * that was suspended in the middle of its work does not go on with it when another has taken over meanwhile.
 */
export const fencedTransport = (transport: Transport, mayWrite: () => boolean): Transport => ({
  ...transport,
  request: async (request) => {
    if (request.method !== 'GET' && !mayWrite()) throw new FencedError();
    return transport.request(request);
  },
});
