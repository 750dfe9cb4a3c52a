import type { KubeRequest, Transport } from '../../kube/transport.ts';
import { isWrite } from './fault.ts';
import { ConnectionLost } from './faulty-transport.ts';

export type CrashOptions = {
  /** The crash comes when this many writes have been done: 1 is after the first. */
  readonly writes: number;
  /** Only writes that match are counted. */
  readonly of?: (request: KubeRequest) => boolean;
  /** The answer to that last write still arrives. @default false */
  readonly answered?: boolean;
  /** Told once, at the crash, before the writer learns anything. */
  readonly onCrash: () => void;
};

/**
 * A transport whose owner dies right after its n-th write that the server took: the write stands, its answer never
 * comes (unless `answered`), open watches end, and everything after is refused. For the question what a restart makes
 * of each state.
 */
export const crashAfterWrite = (transport: Transport, options: CrashOptions): Transport => {
  const { writes, of = () => true, answered = false, onCrash } = options;
  const crash = new AbortController();
  let done = 0;

  const alive = (): void => {
    if (crash.signal.aborted) throw new ConnectionLost('its client has crashed');
  };
  const mortal = (request: KubeRequest): KubeRequest => ({
    ...request,
    signal: request.signal === undefined ? crash.signal : AbortSignal.any([request.signal, crash.signal]),
  });

  return {
    request: async (request) => {
      alive();
      const response = await transport.request(mortal(request));
      alive();
      if (isWrite(request) && response.status < 300 && of(request) && ++done === writes) {
        crash.abort();
        onCrash();
        if (!answered) alive();
      }
      return response;
    },
    stream: async (request) => {
      alive();
      const stream = await transport.stream(mortal(request));
      alive();
      return stream;
    },
    close: () => transport.close(),
  };
};
