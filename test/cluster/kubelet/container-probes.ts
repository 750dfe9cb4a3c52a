import type { Cancel, Clock } from '#src/lib/clock.ts';
import { type Probe, probeOf, runProbe, sendGet } from './probe.ts';

export type ContainerProbes = {
  readonly container: unknown;
  readonly address: string;
  readonly clock: Clock;
  readonly onReady: (ready: boolean) => void;
  /** The liveness or startup probe has failed for good. */
  readonly onDead: (which: string) => void;
};

/** Runs the probes of a container that has started: the startup probe first, alone, then the others. */
export const runContainerProbes = (options: ContainerProbes): Cancel => {
  const { clock, onReady, onDead } = options;
  const running = new Set<Cancel>();
  const run = (probe: Probe | undefined, onResult: (passes: boolean) => void): void => {
    if (probe !== undefined) running.add(runProbe(probe, { clock, send: sendGet, onResult }));
  };
  const stop = (): void => {
    for (const cancel of running) cancel();
    running.clear();
  };
  const begin = (): void => {
    run(probeOf('readinessProbe', options), onReady);
    run(probeOf('livenessProbe', options), (passes) => {
      if (!passes) onDead('livenessProbe');
    });
  };
  const startup = probeOf('startupProbe', options);
  if (startup === undefined) begin();
  else {
    run(startup, (passes) => {
      stop();
      if (passes) begin();
      else onDead('startupProbe');
    });
  }
  return stop;
};
