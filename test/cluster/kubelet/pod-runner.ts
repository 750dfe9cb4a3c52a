import { join } from 'node:path';
import { listAt, numberAt, sameJson, stringAt } from '#src/lib/json.ts';
import type { KubeObject, ObjectMeta } from '#src/lib/kube-object.ts';
import { podStatus } from '#src/sandbox/workloads/pod-status.ts';
import type { Addresses } from './addresses.ts';
import type { ContainerProcess } from './container-process.ts';
import { type ContainerHost, ContainerRunner, type Started } from './container-runner.ts';
import type { PodApi } from './pod-api.ts';
import { onLoopback, type PodInterface } from './pod-interface.ts';
import { inOwnNamespace } from './pod-namespace.ts';
import { PodVolumes } from './pod-volumes.ts';
import { startServed } from './served-process.ts';
import { startProgram } from './start-program.ts';
import { declaredPorts, type TargetsFile, targetOf } from './targets-file.ts';

export type PodHost = Pick<ContainerHost, 'backend' | 'images' | 'clock' | 'log'> & {
  readonly api: PodApi;
  readonly addresses: Addresses;
  readonly targets: TargetsFile;
  /** Folder of the logs, process numbers and volumes of programs. */
  readonly logs: string;
  /** Where programs find the API server. */
  readonly service: { readonly host: string; readonly port: string };
  /** The Node's. */
  readonly hostIP: string;
};

/** One pod that is bound to the node, until it is gone. */
export class PodRunner {
  readonly #host: PodHost;
  readonly #containers: readonly ContainerRunner[];
  #pod: KubeObject;
  #address: string;
  #interface: PodInterface | undefined;
  readonly #volumes: PodVolumes;
  #startTime: number;
  #begun: Promise<void> = Promise.resolve();
  #stopping = false;
  #silent = false;
  #left = false;
  #reported: unknown;
  #writing: Promise<void> | undefined;
  #dirty = false;

  constructor(pod: KubeObject, host: PodHost) {
    this.#pod = pod;
    this.#host = host;
    const before = stringAt(pod, 'status', 'podIP');
    this.#address = host.addresses.take(before);
    const started = Date.parse(stringAt(pod, 'status', 'startTime') ?? '');
    this.#startTime = Number.isNaN(started) ? host.clock.now() : started;
    const { backend, images, clock, log, api } = host;
    this.#volumes = new PodVolumes({ pod, place: this.#place, backend, api, clock, log, folder: this.#folder });
    const containerHost: ContainerHost = {
      pod,
      backend,
      images,
      clock,
      log,
      address: () => this.#address,
      start: (container, launched) => this.#start(container, launched),
      onChange: () => this.#report(),
    };
    this.#containers = listAt(pod, 'spec', 'containers').map((spec) => new ContainerRunner(spec, containerHost));
  }

  get name(): string {
    return `${this.#pod.metadata.namespace}/${this.#pod.metadata.name}`;
  }

  begin(): void {
    this.#begun = this.#begin().catch((error: unknown) =>
      this.#host.log('A pod cannot begin', { pod: this.name, error }),
    );
  }

  /** The pod as the API has it now. */
  update(pod: KubeObject): void {
    this.#pod = pod;
    const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
    if (deletionTimestamp === undefined || this.#stopping) return;
    this.#stopping = true;
    const seconds = deletionGracePeriodSeconds ?? numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30;
    this.#terminate(seconds * 1000).catch((error: unknown) =>
      this.#host.log('A pod cannot be ended', { pod: this.name, error }),
    );
  }

  configChanged(kind: string, metadata: ObjectMeta): void {
    if (metadata.namespace !== this.#pod.metadata.namespace) return;
    for (const container of this.#containers) container.configChanged(kind, metadata);
    this.#volumes
      .update()
      .catch((error: unknown) => this.#host.log('A volume cannot be written', { pod: this.name, error }));
  }

  /** Ends everything at once, without a word to the API. */
  async kill(): Promise<void> {
    this.#stopping = true;
    this.#silent = true;
    await this.#begun;
    await Promise.all(this.#containers.map((container) => container.kill()));
    await this.#leave();
  }

  async #begin(): Promise<void> {
    const { hostIP } = this.#host;
    const own = this.#containers.some((container) => this.#programOf(container.image) !== undefined);
    this.#interface = await (own ? inOwnNamespace(this.#address, hostIP) : onLoopback(this.#address));
    if (this.#stopping) return;
    for (const container of this.#containers) container.start();
    this.#report();
  }

  async #terminate(graceMs: number): Promise<void> {
    const { api, log } = this.#host;
    log('A pod is to end', { pod: this.name, graceMs });
    await this.#begun;
    await Promise.all(this.#containers.map((container) => container.terminate(graceMs)));
    await this.#writing;
    await this.#leave();
    await api.remove(this.#pod);
    log('A pod has ended', { pod: this.name });
  }

  async #leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    this.#host.targets.set(this.#uid, undefined);
    await this.#interface?.remove();
    await this.#volumes.remove();
    this.#host.addresses.free(this.#address);
  }

  async #start(container: ContainerRunner, { behaviour, image }: Started): Promise<ContainerProcess> {
    const { clock, images, backend, service, logs } = this.#host;
    const program = images.program(image);
    const holder = this.#interface?.holder;
    if (program !== undefined) {
      if (holder === undefined) throw new Error('the image was no program when the pod got its network');
      const files = { volumes: this.#volumes, folder: this.#folder, logs };
      const of = { pod: this.#pod, container: container.spec, place: this.#place };
      return startProgram({ ...of, ...files, program, holder, backend, service });
    }
    if (holder !== undefined) throw new Error('a pod is either programs or served, want no mix of images');
    return startServed({
      address: this.#address,
      ports: this.#portsOf(container, behaviour().port ?? 8080),
      behaviour,
      readyPath: readyPathOf(container.spec),
      clock,
      onImagesChange: images.onChange,
      onReadiness: () => container.readinessChanged(),
    });
  }

  /** Declared ports; in a pod that declares none, the first container serves its image's. */
  #portsOf(container: ContainerRunner, port: number): readonly number[] {
    const silent = this.#containers.every((other) => declaredPorts(other.spec).length === 0);
    return silent && container === this.#containers[0] ? [port] : declaredPorts(container.spec);
  }

  get #place() {
    return { address: this.#address, hostIP: this.#host.hostIP };
  }

  get #folder(): string {
    return join(this.#host.logs, 'pods', this.#uid);
  }

  #programOf(image: string): unknown {
    const { images } = this.#host;
    const found = images.find(image);
    return found === undefined ? undefined : images.program(found);
  }

  get #uid(): string {
    return this.#pod.metadata.uid ?? '';
  }

  #report(): void {
    if (this.#silent) return;
    const running = this.#containers.filter((container) => container.state.kind === 'running');
    const ports = running.flatMap((container) => this.#portsOf(container, container.found?.behaviour.port ?? 8080));
    const target = this.#stopping ? undefined : targetOf(this.#pod, { address: this.#address, ports });
    this.#host.targets.set(this.#uid, target);
    this.#dirty = true;
    this.#writing ??= this.#write()
      .catch((error: unknown) => this.#host.log('A status cannot be written', { pod: this.name, error }))
      .finally(() => {
        this.#writing = undefined;
      });
  }

  async #write(): Promise<void> {
    while (this.#dirty) {
      // What changes together is told together.
      await Promise.resolve();
      this.#dirty = false;
      const status = podStatus({
        // The cache may not show our own last write yet.
        pod: this.#reported === undefined ? this.#pod : { ...this.#pod, status: this.#reported },
        podIP: this.#address,
        hostIP: this.#host.hostIP,
        startTime: this.#startTime,
        containers: this.#containers,
        now: this.#host.clock.now(),
      });
      if (sameJson(status, this.#reported)) continue;
      await this.#host.api.patchStatus(this.#pod, status);
      this.#reported = status;
    }
  }
}

const readyPathOf = (container: unknown): string | undefined =>
  stringAt(container, 'readinessProbe', 'httpGet', 'path');
