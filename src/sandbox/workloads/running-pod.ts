import { assertNever } from '../../lib/assert-never.ts';
import type { Cancel } from '../../lib/clock.ts';
import { listAt, numberAt, recordAt, sameJson, stringAt } from '../../lib/json.ts';
import { type KubeObject, type ObjectMeta, refOf } from '../../lib/kube-object.ts';
import type { ClusterBackend } from '../backend.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import { createApplication } from './application.ts';
import type { MissingConfig } from './container-env.ts';
import { CONTAINER_CREATING, launch } from './container-launch.ts';
import type { Image, ImageBehaviour, ImageCatalogue } from './image-catalogue.ts';
import { type ContainerEnd, type ContainerState, podStatus } from './pod-status.ts';

/** Latencies of the sandbox's kubelet, in milliseconds. */
export type KubeletTimings = {
  /** From a pod's creation until it is bound to the node. */
  readonly scheduleMs: number;
  /** From there until its containers run: pulling and starting. */
  readonly startMs: number;
  /** How long a program serves on after SIGTERM, unless its image says otherwise; the grace period is the limit. */
  readonly drainMs: number;
  /** First wait before a crashed container or a failed pull is tried again; doubles up to `maxBackOffMs`. */
  readonly backOffMs: number;
  readonly maxBackOffMs: number;
};

export type RunningPodOptions = {
  readonly backend: ClusterBackend;
  readonly network: PodNetwork;
  readonly catalogue: ImageCatalogue;
  readonly timings: KubeletTimings;
};

type Container = {
  readonly name: string;
  readonly spec: unknown;
  readonly image: string;
  found: Image | undefined;
  behaviour: () => ImageBehaviour;
  state: ContainerState;
  ready: boolean;
  restarts: number;
  attempts: number;
  lastEnd: ContainerEnd | undefined;
  waitsFor: MissingConfig | undefined;
  listening: readonly Cancel[];
};

const MANAGER = 'kubelet';

const containerOf = (spec: unknown): Container => ({
  name: stringAt(spec, 'name') ?? '',
  spec,
  image: stringAt(spec, 'image') ?? '',
  found: undefined,
  behaviour: () => ({}),
  state: CONTAINER_CREATING,
  ready: false,
  restarts: 0,
  attempts: 0,
  lastEnd: undefined,
  waitsFor: undefined,
  listening: [],
});

/**
 * One pod on one of the sandbox's nodes, from its creation until it is gone: starts its containers, serves their ports on
 * the pod network, reports the status, and on deletion serves on while it drains. Init containers count as done at
 * once; probes are not run: readiness is what the image's behaviour says.
 */
export class RunningPod {
  readonly #pod: KubeObject;
  readonly #options: RunningPodOptions & { readonly node: string };
  readonly #containers: readonly Container[];
  readonly #timers = new Set<Cancel>();
  #address = '';
  #startTime = 0;
  #draining = false;

  constructor(pod: KubeObject, options: RunningPodOptions & { readonly node: string }) {
    this.#pod = pod;
    this.#options = options;
    this.#containers = listAt(pod, 'spec', 'containers').map(containerOf);
    this.#after(options.timings.scheduleMs, () => this.#begin());
  }

  /** A ConfigMap or Secret has come or changed: what waits for it tries again. */
  configChanged(kind: string, { namespace, name }: ObjectMeta): void {
    if (this.#draining || namespace !== this.#pod.metadata.namespace) return;
    for (const container of this.#containers) {
      if (container.waitsFor?.kind !== kind || container.waitsFor.name !== name) continue;
      container.waitsFor = undefined;
      this.#after(0, () => this.#start(container));
    }
  }

  /** The pod is being deleted: serves on for the drain time, at most `graceMs`, then is gone. */
  terminate(graceMs: number): void {
    if (this.#draining) return;
    this.#draining = true;
    const { drainMs } = this.#options.timings;
    const drains = this.#containers
      .filter((container) => container.state.kind === 'running')
      .map((container) => container.behaviour().drainMs ?? drainMs);
    this.#cancelTimers();
    this.#after(Math.min(graceMs, Math.max(0, ...drains)), () => this.#letGo());
  }

  /** Ends everything at once, without a word to the API. */
  stop(): void {
    this.#cancelTimers();
    for (const container of this.#containers) this.#close(container);
    if (this.#address !== '') this.#options.network.free(this.#address);
    this.#address = '';
  }

  #begin(): void {
    const pod = this.#current();
    if (pod === undefined) return;
    const spec = { ...recordAt(pod, 'spec'), nodeName: this.#options.node };
    this.#options.backend.write({ ...pod, spec }, { manager: 'kube-scheduler' });
    this.#address = this.#options.network.allocate();
    this.#startTime = this.#options.backend.clock.now();
    this.#report();
    this.#after(this.#options.timings.startMs, () => {
      for (const container of this.#containers) this.#start(container);
    });
  }

  #start(container: Container): void {
    const outcome = launch(this.#pod, container.spec, this.#options);
    switch (outcome.kind) {
      case 'started':
        container.found = outcome.image;
        container.behaviour = outcome.behaviour;
        this.#run(container);
        break;
      case 'pullFailed':
        this.#wait(container, outcome.state);
        this.#retry(container);
        break;
      case 'held':
        container.waitsFor = outcome.missing;
        this.#wait(container, outcome.state);
        break;
      default:
        assertNever(outcome);
    }
  }

  #run(container: Container): void {
    const { crash, readyAfterMs = 0, neverReady = false } = container.behaviour();
    const startedAt = this.#options.backend.clock.now();
    container.state = { kind: 'running', startedAt };
    if (!this.#listen(container)) {
      this.#crash(container, 1);
      return;
    }
    container.ready = readyAfterMs === 0 && !neverReady;
    this.#report();
    if (readyAfterMs > 0 && !neverReady) {
      this.#after(readyAfterMs, () => {
        if (container.state.kind !== 'running' || container.state.startedAt !== startedAt) return;
        container.ready = true;
        this.#report();
      });
    }
    if (crash !== undefined) this.#after(crash.afterMs, () => this.#crash(container, crash.exitCode ?? 1));
  }

  #crash(container: Container, exitCode: number): void {
    if (container.state.kind !== 'running') return;
    const finishedAt = this.#options.backend.clock.now();
    container.lastEnd = { exitCode, startedAt: container.state.startedAt, finishedAt };
    container.restarts++;
    this.#close(container);
    const message = `back-off restarting failed container=${container.name} pod=${this.#pod.metadata.name}`;
    this.#wait(container, { kind: 'waiting', reason: 'CrashLoopBackOff', message });
    this.#retry(container);
  }

  /** False when a port is another container's already. */
  #listen(container: Container): boolean {
    const { network, backend } = this.#options;
    const ports = this.#portsOf(container);
    const taken = this.#containers
      .filter((other) => other.listening.length > 0)
      .flatMap((other) => this.#portsOf(other));
    if (ports.some((port) => taken.includes(port))) return false;
    const handler = createApplication({ behaviour: () => container.behaviour(), clock: backend.clock });
    container.listening = ports.map((port) => network.listen(this.#address, port, handler));
    return true;
  }

  /** Declared ports; in a pod that declares none, the first container serves its image's. */
  #portsOf(container: Container): readonly number[] {
    const declared = (of: Container): readonly number[] =>
      listAt(of.spec, 'ports').map((port) => numberAt(port, 'containerPort') ?? 0);
    const silent = this.#containers.every((other) => declared(other).length === 0);
    return silent && container === this.#containers[0] ? [container.behaviour().port ?? 8080] : declared(container);
  }

  #close(container: Container): void {
    for (const cancel of container.listening) cancel();
    container.listening = [];
  }

  #wait(container: Container, state: ContainerState): void {
    container.state = state;
    container.ready = false;
    this.#report();
  }

  #retry(container: Container): void {
    const { backOffMs, maxBackOffMs } = this.#options.timings;
    const wait = Math.min(backOffMs * 2 ** container.attempts++, maxBackOffMs);
    this.#after(wait, () => this.#start(container));
  }

  #letGo(): void {
    const { backend } = this.#options;
    this.stop();
    if (this.#current() !== undefined) backend.remove(refOf(this.#pod), { gracePeriodSeconds: 0 });
  }

  /** The pod as the API has it; undefined when it is gone, even if another has its name. */
  #current(): KubeObject | undefined {
    const pod = this.#options.backend.read(refOf(this.#pod));
    return pod?.metadata.uid === this.#pod.metadata.uid ? pod : undefined;
  }

  #report(): void {
    const { backend } = this.#options;
    const pod = this.#current();
    if (pod === undefined) return;
    const status = podStatus({
      pod,
      podIP: this.#address,
      startTime: this.#startTime,
      containers: this.#containers,
      now: backend.clock.now(),
    });
    if (!sameJson(status, recordAt(pod, 'status'))) backend.writeStatus(refOf(pod), status, { manager: MANAGER });
  }

  #after(ms: number, run: () => void): void {
    const cancel = this.#options.backend.clock.after(ms, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
