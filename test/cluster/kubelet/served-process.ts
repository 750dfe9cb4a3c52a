import type { Cancel, Clock } from '#src/lib/clock.ts';
import type { HttpHandler } from '#src/sandbox/network/http.ts';
import { textAnswer } from '#src/sandbox/network/http.ts';
import { createApplication } from '#src/sandbox/workloads/application.ts';
import type { ImageBehaviour } from '#src/sandbox/workloads/image-catalogue.ts';
import type { ContainerProcess, ProcessEnd } from './container-process.ts';
import { DrainingServer } from './draining-server.ts';
import { PROBE_AGENT } from './probe.ts';

/** Carries the address of the pod that has answered. */
export const SERVED_BY_HEADER = 'x-served-by';

export type ServedProcessOptions = {
  readonly address: string;
  readonly ports: readonly number[];
  /** As the images file has it now. */
  readonly behaviour: () => ImageBehaviour;
  /** Path of the readiness probe: answered with 503 while the image says that it is not ready. */
  readonly readyPath: string | undefined;
  readonly clock: Clock;
  /** Calls back when the images file has changed. */
  readonly onImagesChange: (listener: () => void) => Cancel;
  /** `ready` may have changed. */
  readonly onReadiness: () => void;
};

/**
 * A container that is a server of HTTP and gRPC in this very process, as a program that honours SIGTERM: it serves on for
 * its drain time, takes no more connections, finishes what it has begun, and ends.
 */
export const startServed = async (options: ServedProcessOptions): Promise<ContainerProcess> => {
  const { address, ports, behaviour, readyPath, clock } = options;
  const started = clock.monotonic();
  const timers = new Set<Cancel>();
  const after = (ms: number, run: () => void): void => {
    timers.add(clock.after(ms, run));
  };
  const { promise: ended, resolve } = Promise.withResolvers<ProcessEnd>();
  const ready = (): boolean => {
    const { readyAfterMs = 0, neverReady = false } = behaviour();
    return !neverReady && clock.monotonic() - started >= readyAfterMs;
  };
  const application = createApplication({ behaviour, clock });
  // So that a client can tell which pod has answered.
  const signed: HttpHandler = async (request) => {
    const answer = await application(request);
    return { ...answer, headers: { ...answer.headers, [SERVED_BY_HEADER]: address } };
  };
  const handler: HttpHandler = async (request) =>
    request.path === readyPath && request.headers['user-agent'] === PROBE_AGENT && !ready()
      ? textAnswer(503, 'Not ready\n')
      : signed(request);
  const servers = ports.map(() => new DrainingServer(handler));

  const end = (how: ProcessEnd): void => {
    for (const cancel of timers) cancel();
    unfollow();
    for (const server of servers) server.cut();
    resolve(how);
  };
  let crashing = false;
  const follow = (): void => {
    const { crash, readyAfterMs = 0 } = behaviour();
    if (crash !== undefined && !crashing) {
      crashing = true;
      after(crash.afterMs, () => end(endOf(crash.exitCode ?? 1)));
    }
    const toGo = started + readyAfterMs - clock.monotonic();
    // A timer may fire a moment before the clock says so.
    if (toGo > 0) after(toGo + 1, options.onReadiness);
    options.onReadiness();
  };
  let terminating = false;
  const unfollow = options.onImagesChange(follow);

  try {
    await Promise.all(servers.map((server, index) => server.listen(address, ports[index] ?? 0)));
  } catch (error) {
    end(endOf(1));
    throw error;
  }
  follow();

  return {
    ended,
    ready,
    terminate: () => {
      if (terminating) return;
      terminating = true;
      for (const server of servers) server.sendAway();
      after(behaviour().drainMs ?? 0, () => {
        Promise.all(servers.map((server) => server.finish())).then(
          () => end(endOf(0)),
          () => end(endOf(1)),
        );
      });
    },
    kill: () => end(endOf(137, 'Error')),
  };
};

/** A process of ours that is killed has used too much memory, as its image wanted. */
const endOf = (exitCode: number, reason?: string): ProcessEnd => ({
  exitCode,
  reason: reason ?? (exitCode === 0 ? 'Completed' : exitCode === 137 ? 'OOMKilled' : 'Error'),
});
