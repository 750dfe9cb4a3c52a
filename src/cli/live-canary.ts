import { ROLE_LABEL } from '../api/names.ts';
import type { KubeClient } from '../kube/client.ts';
import { Reflector } from '../kube/reflector.ts';
import { RESOURCES } from '../kube/resources.ts';
import type { Clock } from '../lib/clock.ts';
import { stringAt } from '../lib/json.ts';
import type { KubeObject, Resource } from '../lib/kube-object.ts';
import type { Random } from '../lib/random.ts';
import { sleep } from '../lib/sleep.ts';
import { CliError, EXIT } from './exit-code.ts';
import type { CanaryView } from './view/canary-view.ts';
import { viewOf } from './view/view-of.ts';

type Options = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly namespace: string;
  readonly name: string;
};

type Reflectors = Readonly<Record<string, Reflector<KubeObject>>>;

/** One Canary with its workloads and their pods, kept up to date by watches. */
export class LiveCanary {
  readonly #options: Options;
  readonly #canaries: Reflector<KubeObject>;
  /** What is read beside it, by what its target is: unknown until it is there. */
  readonly #beside = new Map<'own' | 'teams', Reflectors>();
  readonly #failed = Promise.withResolvers<never>();
  #wake: () => void = () => {};
  #lostAt: number | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#canaries = this.#reflector(RESOURCES.canary);
    // Errors after the start are no end: the watches go on, and the view says how old it is.
    this.#failed.promise.catch(() => {});
  }

  /**
   * Resolves when everything is read. Rejects with the first error, for nothing could be shown without what it hides, and
   * when `signal` is aborted.
   */
  async start(signal: AbortSignal): Promise<void> {
    const interrupt = (): void => this.#failed.reject(new CliError('', { exitCode: EXIT.interrupted }));
    signal.addEventListener('abort', interrupt, { once: true });
    if (signal.aborted) interrupt();
    this.#canaries.start();
    await Promise.race([this.#canaries.whenSynced(), this.#failed.promise]);
    if (this.#canaries.health().state === 'absent') {
      throw new CliError('The cluster does not know Canaries of serin.dev', {
        exitCode: EXIT.failed,
        hint: 'Install them with: kubectl apply -k deploy/kustomize',
      });
    }
    const object = this.#object();
    const beside = object === undefined ? {} : this.#readBeside(object);
    const read = Object.values(beside).map((reflector) => reflector.whenSynced());
    await Promise.race([Promise.all(read), this.#failed.promise]);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all().map((reflector) => reflector.stop()));
  }

  /** Undefined when there is no such Canary. Throws a CliError when its spec can't be understood. */
  view(): CanaryView | undefined {
    const { namespace, name } = this.#options;
    const object = this.#object();
    if (object === undefined) return undefined;
    const beside = this.#readBeside(object);
    const list = (kind: string): readonly KubeObject[] => beside[kind]?.store.list() ?? [];
    const view = viewOf(object, {
      workloads: {
        workload: (workload) =>
          SIDES.map((kind) => beside[kind]?.store.get(`${namespace}/${workload}`)).find((found) => found !== undefined),
        replicaSets: () => list('replicaSet'),
        pods: () => list('pod'),
        slices: (service) =>
          list('endpointSlice').filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service),
      },
    });
    if ('problem' in view) {
      throw new CliError(`Cannot show Canary ${namespace}/${name}: ${view.problem}`, { exitCode: EXIT.failed });
    }
    return view;
  }

  /** For how long the view could not be brought up to date; undefined while it can. */
  staleMs(): number | undefined {
    const now = this.#options.clock.monotonic();
    const lost = this.#all().some((reflector) => reflector.health().lastError !== undefined);
    this.#lostAt = lost ? (this.#lostAt ?? now) : undefined;
    return this.#lostAt === undefined ? undefined : now - this.#lostAt;
  }

  /** Resolves at the next change, after `ms`, or when `signal` is aborted. */
  async changeOr(ms: number, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const changed = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([changed, sleep(this.#options.clock, ms, AbortSignal.any([signal, stop.signal]))]);
    stop.abort();
  }

  #object(): KubeObject | undefined {
    const { namespace, name } = this.#options;
    return this.#canaries.store.get(`${namespace}/${name}`);
  }

  #reflector(resource: Resource, labelSelector?: string): Reflector<KubeObject> {
    const { client, clock, random, namespace } = this.#options;
    const made = new Reflector<KubeObject>({
      client,
      clock,
      random,
      resource,
      namespace,
      ...(labelSelector === undefined ? {} : { labelSelector }),
      indexes: {},
      project: (object) => object,
      onError: (error) => this.#failed.reject(error),
    });
    made.store.onChange(() => this.#wake());
    return made;
  }

  /** The sides and their pods: those that Serin makes, or those of a team that runs its versions itself. */
  #readBeside(canary: KubeObject): Reflectors {
    const whose = stringAt(canary, 'spec', 'targetRef', 'kind') === 'Service' ? 'teams' : 'own';
    const known = this.#beside.get(whose);
    if (known !== undefined) return known;
    const role = (kind: 'deployment' | 'daemonSet' | 'replicaSet' | 'pod' | 'service' | 'endpointSlice') =>
      this.#reflector(RESOURCES[kind], ROLE_LABEL);
    const made: Reflectors =
      whose === 'own'
        ? {
            deployment: role('deployment'),
            daemonSet: role('daemonSet'),
            replicaSet: role('replicaSet'),
            pod: role('pod'),
          }
        : {
            service: role('service'),
            endpointSlice: role('endpointSlice'),
            // Theirs carry no label of Serin's.
            pod: this.#reflector(RESOURCES.pod),
          };
    this.#beside.set(whose, made);
    for (const reflector of Object.values(made)) reflector.start();
    return made;
  }

  #all(): readonly Reflector<KubeObject>[] {
    return [this.#canaries, ...[...this.#beside.values()].flatMap((some) => Object.values(some))];
  }
}

/** Kinds of sides. */
const SIDES = ['deployment', 'daemonSet', 'service'] as const;
