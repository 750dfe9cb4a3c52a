import { assertNever } from '#src/lib/assert-never.ts';
import type { Clock } from '#src/lib/clock.ts';
import { at, listAt, numberAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject, ObjectMeta } from '#src/lib/kube-object.ts';
import { messageOf } from '#src/lib/message-of.ts';
import { sleep } from '#src/lib/sleep.ts';
import type { ClusterBackend } from '#src/sandbox/backend.ts';
import type { MissingConfig } from '#src/sandbox/workloads/container-env.ts';
import { CONTAINER_CREATING, type Launch, launch } from '#src/sandbox/workloads/container-launch.ts';
import type { Image } from '#src/sandbox/workloads/image-catalogue.ts';
import type { ContainerEnd, ContainerReport, ContainerState } from '#src/sandbox/workloads/pod-status.ts';
import { runContainerProbes } from './container-probes.ts';
import type { ContainerProcess } from './container-process.ts';
import type { Images } from './images-file.ts';
import type { Log } from './log.ts';
import { preStopOf } from './pre-stop.ts';
import { sendGet } from './probe.ts';
import { RestartBackOff } from './restart-back-off.ts';

export type Started = Extract<Launch, { readonly kind: 'started' }>;

export type ContainerHost = {
  readonly pod: KubeObject;
  readonly backend: Pick<ClusterBackend, 'read'>;
  readonly images: Images;
  readonly clock: Clock;
  readonly log: Log;
  readonly address: () => string;
  readonly start: (container: ContainerRunner, launched: Started) => Promise<ContainerProcess>;
  /** Something of the container's report has changed. */
  readonly onChange: () => void;
};

/** At least so long between SIGTERM and SIGKILL, also when preStop has used up the grace period. */
const LEAST_GRACE_MS = 2000;

/** One container of a pod, through all its restarts, until it is terminated. */
export class ContainerRunner implements ContainerReport {
  readonly name: string;
  readonly spec: unknown;
  readonly image: string;
  readonly #host: ContainerHost;
  readonly #stop = new AbortController();
  readonly #restart = new RestartBackOff();
  readonly #pull = new RestartBackOff();
  #found: Image | undefined;
  #state: ContainerState = CONTAINER_CREATING;
  #restarts = 0;
  #lastEnd: ContainerEnd | undefined;
  #process: ContainerProcess | undefined;
  /** What the readiness probe says; undefined where the process itself is asked. */
  #probed: boolean | undefined;
  #waitsFor: { readonly missing: MissingConfig; readonly go: () => void } | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(spec: unknown, host: ContainerHost) {
    this.#host = host;
    this.spec = spec;
    this.name = stringAt(spec, 'name') ?? '';
    this.image = stringAt(spec, 'image') ?? '';
    this.#takeOver();
    // The first pull has no attempt before it.
    this.#pull.next(0);
  }

  get found(): Image | undefined {
    return this.#found;
  }
  get state(): ContainerState {
    return this.#state;
  }
  get restarts(): number {
    return this.#restarts;
  }
  get lastEnd(): ContainerEnd | undefined {
    return this.#lastEnd;
  }
  get ready(): boolean {
    return this.#process !== undefined && (this.#probed ?? this.#process.ready());
  }

  start(): void {
    this.#ended = this.#run();
  }

  /** A ConfigMap or Secret of the pod's namespace has come or changed: what waits for it tries again. */
  configChanged(kind: string, { name }: ObjectMeta): void {
    const { missing, go } = this.#waitsFor ?? {};
    if (missing?.kind === kind && missing.name === name) go?.();
  }

  /** The process may have changed its mind on whether it is ready. */
  readinessChanged(): void {
    this.#host.onChange();
  }

  /** preStop, SIGTERM, and SIGKILL after the grace period; resolves when nothing runs any more. */
  async terminate(graceMs: number): Promise<void> {
    this.#stop.abort();
    this.#waitsFor?.go();
    if (this.#process !== undefined) await this.#end(this.#process, graceMs);
    await this.#ended;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#stop.abort();
    this.#waitsFor?.go();
    this.#process?.kill();
    await this.#ended;
  }

  /** Goes on from what an earlier kubelet has reported; its process is no more. */
  #takeOver(): void {
    const before = listAt(this.#host.pod, 'status', 'containerStatuses').find(
      (status) => stringAt(status, 'name') === this.name,
    );
    this.#restarts = numberAt(before, 'restartCount') ?? 0;
    const startedAt = Date.parse(stringAt(before, 'state', 'running', 'startedAt') ?? '');
    if (Number.isNaN(startedAt)) return;
    this.#lastEnd = { exitCode: 255, reason: 'Unknown', startedAt, finishedAt: this.#host.clock.now() };
  }

  async #run(): Promise<void> {
    const { pod, backend, images, clock } = this.#host;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const outcome = launch(pod, this.spec, { backend, catalogue: images });
      switch (outcome.kind) {
        case 'started':
          await this.#live(outcome);
          break;
        case 'pullFailed':
          this.#show(outcome.state);
          await sleep(clock, this.#pull.next(0), signal);
          break;
        case 'held':
          this.#show(outcome.state);
          await this.#configFor(outcome.missing);
          break;
        default:
          assertNever(outcome);
      }
    }
  }

  #configFor(missing: MissingConfig | undefined): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.#waitsFor = undefined;
        resolve();
      };
      // What no config can mend waits until the pod ends.
      this.#waitsFor = { missing: missing ?? { kind: 'ConfigMap', name: '', message: '' }, go };
    });
  }

  /** One process from its start to its end, and the wait after it. */
  async #live(launched: Started): Promise<void> {
    const { clock, log, pod, onChange } = this.#host;
    const { signal } = this.#stop;
    this.#found = launched.image;
    const startedAt = clock.now();
    let process: ContainerProcess;
    try {
      process = await this.#host.start(this, launched);
    } catch (error) {
      log('A container cannot start', { pod: pod.metadata.name, container: this.name, error });
      this.#show({ kind: 'waiting', reason: 'RunContainerError', message: messageOf(error) });
      return sleep(clock, Math.max(1000, this.#restart.next(0)), signal);
    }
    if (signal.aborted) process.kill();
    if (this.#lastEnd !== undefined) this.#restarts++;
    const stopProbes = this.#probe(process);
    this.#process = process;
    this.#show({ kind: 'running', startedAt });
    const end = await process.ended;
    stopProbes();
    this.#process = undefined;
    this.#lastEnd = { ...end, startedAt, finishedAt: clock.now() };
    if (signal.aborted) return onChange();
    log('A container has ended', { pod: pod.metadata.name, container: this.name, ...end });
    const waitMs = this.#restart.next(clock.now() - startedAt);
    if (waitMs === 0) return onChange();
    const message = `back-off ${waitMs / 1000}s restarting failed container=${this.name} pod=${pod.metadata.name}`;
    this.#show({ kind: 'waiting', reason: 'CrashLoopBackOff', message });
    await sleep(clock, waitMs, signal);
  }

  #probe(process: ContainerProcess): () => void {
    const { clock, log, pod, address, onChange } = this.#host;
    this.#probed = at(this.spec, 'readinessProbe') === undefined ? undefined : false;
    return runContainerProbes({
      container: this.spec,
      address: address(),
      clock,
      onReady: (ready) => {
        this.#probed = ready;
        onChange();
      },
      onDead: (which) => {
        log('A probe ends a container', { pod: pod.metadata.name, container: this.name, which });
        const seconds = numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30;
        if (!this.#stop.signal.aborted) void this.#end(process, seconds * 1000);
      },
    });
  }

  async #end(process: ContainerProcess, graceMs: number): Promise<void> {
    const { clock } = this.#host;
    const deadline = clock.monotonic() + graceMs;
    const over = new AbortController();
    void process.ended.then(() => over.abort());
    await this.#preStop(graceMs, over.signal);
    process.terminate();
    const cancel = clock.after(Math.max(deadline - clock.monotonic(), LEAST_GRACE_MS), () => process.kill());
    await process.ended;
    cancel();
  }

  async #preStop(graceMs: number, over: AbortSignal): Promise<void> {
    const { clock, log, pod, address } = this.#host;
    const hook = preStopOf({ container: this.spec, address: address() });
    switch (hook.kind) {
      case 'none':
        return;
      case 'sleep':
        return sleep(clock, Math.min(hook.ms, graceMs), over);
      case 'get': {
        const status = await sendGet(hook.get, graceMs);
        if (status === undefined || status >= 400) {
          log('preStop has failed', { pod: pod.metadata.name, container: this.name, status });
        }
        return;
      }
      default:
        return assertNever(hook);
    }
  }

  #show(state: ContainerState): void {
    this.#state = state;
    this.#host.onChange();
  }
}
