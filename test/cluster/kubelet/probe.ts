import { Agent, request } from 'node:http';
import type { Cancel, Clock } from '#src/lib/clock.ts';
import { at, listAt, numberAt, stringAt } from '#src/lib/json.ts';

export const PROBE_AGENT = 'kube-probe/1.36';

export type HttpGet = {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
};

export type Probe = {
  /** Undefined for what is not HTTP: exec, tcpSocket and grpc count as passed. */
  readonly get: HttpGet | undefined;
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly failureThreshold: number;
  readonly successThreshold: number;
};

/** The number of a container's port, by number or name. */
const portOf = (container: unknown, port: unknown): number =>
  typeof port === 'number'
    ? port
    : (listAt(container, 'ports')
        .filter((declared) => stringAt(declared, 'name') === port)
        .map((declared) => numberAt(declared, 'containerPort'))[0] ?? Number(port));

/** The request that an `httpGet` of a container of the pod at `address` asks for. */
export const httpGetOf = (spec: unknown, of: { readonly container: unknown; readonly address: string }): HttpGet => ({
  host: stringAt(spec, 'host') ?? of.address,
  port: portOf(of.container, at(spec, 'port')),
  path: stringAt(spec, 'path') ?? '/',
  headers: Object.fromEntries(
    listAt(spec, 'httpHeaders').map((header) => [stringAt(header, 'name') ?? '', stringAt(header, 'value') ?? '']),
  ),
});

/** Reads a probe of a container with Kubernetes' defaults; undefined when it has none of that name. */
export const probeOf = (
  name: 'readinessProbe' | 'livenessProbe' | 'startupProbe',
  of: { readonly container: unknown; readonly address: string },
): Probe | undefined => {
  const spec = at(of.container, name);
  if (spec === undefined) return undefined;
  const httpGet = at(spec, 'httpGet');
  return {
    get: httpGet === undefined ? undefined : httpGetOf(httpGet, of),
    initialDelayMs: (numberAt(spec, 'initialDelaySeconds') ?? 0) * 1000,
    periodMs: (numberAt(spec, 'periodSeconds') ?? 10) * 1000,
    timeoutMs: (numberAt(spec, 'timeoutSeconds') ?? 1) * 1000,
    failureThreshold: numberAt(spec, 'failureThreshold') ?? 3,
    successThreshold: numberAt(spec, 'successThreshold') ?? 1,
  };
};

/** A connection for each, as the kubelet does. */
const agent = new Agent({ keepAlive: false });

/** Resolves with the status, or undefined when there is no answer in time. */
export const sendGet = (get: HttpGet, timeoutMs: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const { host, port, path, headers } = get;
    const all = { 'user-agent': PROBE_AGENT, connection: 'close', ...headers };
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request({ agent, host, port, path, headers: all, signal }, (answer) => {
      answer.on('error', () => resolve(undefined));
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('error', () => resolve(undefined));
    asked.end();
  });

export type ProbeRun = {
  readonly clock: Clock;
  /** The status that is answered, undefined for none. */
  readonly send: (get: HttpGet, timeoutMs: number) => Promise<number | undefined>;
  /** The probe's opinion, each time that it changes. It has none until a threshold is reached. */
  readonly onResult: (passes: boolean) => void;
};

/** Probes until cancelled. */
export const runProbe = (probe: Probe, { clock, send, onResult }: ProbeRun): Cancel => {
  let stopped = false;
  let cancel: Cancel;
  let inARow = { passes: false, times: 0 };
  let told: boolean | undefined;
  const round = async (): Promise<void> => {
    const begun = clock.monotonic();
    const status = probe.get === undefined ? 200 : await send(probe.get, probe.timeoutMs);
    if (stopped) return;
    const passes = status !== undefined && status >= 200 && status < 400;
    inARow = { passes, times: inARow.passes === passes ? inARow.times + 1 : 1 };
    const threshold = passes ? probe.successThreshold : probe.failureThreshold;
    if (inARow.times >= threshold && told !== passes) {
      told = passes;
      onResult(passes);
    }
    if (!stopped) cancel = clock.after(Math.max(0, begun + probe.periodMs - clock.monotonic()), round);
  };
  cancel = clock.after(probe.initialDelayMs, round);
  return () => {
    stopped = true;
    cancel();
  };
};
