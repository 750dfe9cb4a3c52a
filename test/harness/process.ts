import { QueryPlanner } from '#src/analysis/query-planner.ts';
import { type ConfigInput, readConfig } from '#src/config.ts';
import { Controller } from '#src/controller/controller.ts';
import type { Outside } from '#src/controller/executors/executor.ts';
import type { Transport } from '#src/kube/transport.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Random } from '#src/lib/random.ts';
import { createLog, type Log } from '#src/telemetry/log.ts';
import { createMetrics, type Metrics } from '#src/telemetry/metrics.ts';

/** Everything outside the process, as it reaches it: the API server, the time, and where its effects go. */
export type Surroundings = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly outside: Omit<Outside, 'gitInsecure'>;
  readonly identity: string;
  readonly logLevel?: string | undefined;
  readonly log?: Log | undefined;
  /** By default it leads without asking anybody. */
  readonly settings?: ConfigInput | undefined;
};

/** A controller that can die as a process dies: in the middle of anything, without a last word. */
export type Process = {
  readonly controller: Controller;
  readonly metrics: Metrics;
  /** Nothing of it happens any more: no timer fires, no request leaves, no answer arrives. */
  readonly kill: () => void;
  /** Cuts it off from its timers and the API server; what is on its way to Git and people still gets there. */
  readonly isolate: () => void;
};

const never = <T>(): Promise<T> => new Promise(() => {});

export const startProcess = (surroundings: Surroundings): Process => {
  const { transport, clock, random, outside, identity, logLevel, settings } = surroundings;
  const life = { timers: true, outside: true };
  const mortalClock: Clock = {
    ...clock,
    after: (ms, run) => clock.after(ms, () => (life.timers ? run() : undefined)),
  };
  const mortal =
    <Args extends readonly unknown[], T>(work: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      if (!life.outside) return never();
      const answer = await work(...args);
      return life.outside ? answer : never();
    };
  const planner = new QueryPlanner({ ask: mortal(outside.ask), clock: mortalClock });
  const metrics = createMetrics('test', {
    flagger: settings?.watchFlagger === true ? { meshProvider: 'gatewayapi' } : undefined,
  });
  const controller = new Controller({
    transport,
    clock: mortalClock,
    random,
    config: readConfig({ environment: {}, flags: { leaderElect: false, cluster: 'test', ...settings } }),
    log: surroundings.log ?? createLog({ level: logLevel ?? 'silent', now: clock.now }),
    metrics,
    identity,
    outside: {
      ask: planner.ask,
      git: { commit: mortal(outside.git.commit), inspect: mortal(outside.git.inspect) },
      gitInsecure: false,
      deliver: mortal(outside.deliver),
      callHook: mortal(outside.callHook),
    },
  });
  const isolate = (): void => {
    life.timers = false;
    void transport.close();
  };
  controller.start();
  return {
    controller,
    metrics,
    isolate,
    kill: () => {
      life.outside = false;
      isolate();
    },
  };
};
