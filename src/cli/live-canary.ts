import { ROLE_LABEL } from '../api/names.ts';
import type { KubeClient } from '../kube/client.ts';
import { Reflector } from '../kube/reflector.ts';
import { RESOURCES } from '../kube/resources.ts';
import type { Clock } from '../lib/clock.ts';
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

/** One Canary with its workloads and their pods, kept up to date by watches. */
export class LiveCanary {
  readonly #options: Options;
  readonly #canaries: Reflector<KubeObject>;
  readonly #deployments: Reflector<KubeObject>;
  readonly #daemonSets: Reflector<KubeObject>;
  readonly #replicaSets: Reflector<KubeObject>;
  readonly #pods: Reflector<KubeObject>;
  readonly #failed = Promise.withResolvers<never>();
  #wake: () => void = () => {};
  #lostAt: number | undefined;

  constructor(options: Options) {
    this.#options = options;
    const { client, clock, random, namespace } = options;
    const reflector = (resource: Resource, labelSelector?: string): Reflector<KubeObject> => {
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
    };
    this.#canaries = reflector(RESOURCES.canary);
    this.#deployments = reflector(RESOURCES.deployment, ROLE_LABEL);
    this.#daemonSets = reflector(RESOURCES.daemonSet, ROLE_LABEL);
    this.#replicaSets = reflector(RESOURCES.replicaSet, ROLE_LABEL);
    this.#pods = reflector(RESOURCES.pod, ROLE_LABEL);
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
    for (const reflector of this.#all()) reflector.start();
    await Promise.race([Promise.all(this.#all().map((reflector) => reflector.whenSynced())), this.#failed.promise]);
    if (this.#canaries.health().state === 'absent') {
      throw new CliError('The cluster does not know Canaries of serin.dev', {
        exitCode: EXIT.failed,
        hint: 'Install them with: kubectl apply -k deploy/kustomize',
      });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all().map((reflector) => reflector.stop()));
  }

  /** Undefined when there is no such Canary. Throws a CliError when its spec can't be understood. */
  view(): CanaryView | undefined {
    const { namespace, name } = this.#options;
    const object = this.#canaries.store.get(`${namespace}/${name}`);
    if (object === undefined) return undefined;
    const view = viewOf(object, {
      workloads: {
        workload: (workload) =>
          this.#deployments.store.get(`${namespace}/${workload}`) ??
          this.#daemonSets.store.get(`${namespace}/${workload}`),
        replicaSets: () => this.#replicaSets.store.list(),
        pods: () => this.#pods.store.list(),
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

  #all(): readonly Reflector<KubeObject>[] {
    return [this.#canaries, this.#deployments, this.#daemonSets, this.#replicaSets, this.#pods];
  }
}
