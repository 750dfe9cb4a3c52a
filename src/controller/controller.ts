import { GROUP, SHADOW_LABEL } from '../api/names.ts';
import { NORMAL_REASONS } from '../api/words.ts';
import type { Config } from '../config.ts';
import { FLAGGER_API_VERSION } from '../flagger/shadow.ts';
import { createKubeClient } from '../kube/create-client.ts';
import { EventRecorder } from '../kube/event-recorder.ts';
import { fencedTransport } from '../kube/fenced-transport.ts';
import { isKubeError } from '../kube/kube-error.ts';
import { LeaderElector } from '../kube/leader-elector.ts';
import { WorkQueue } from '../kube/queue.ts';
import type { Transport } from '../kube/transport.ts';
import type { Clock } from '../lib/clock.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { keyOf, refOf } from '../lib/kube-object.ts';
import { messageOf } from '../lib/message-of.ts';
import type { Random } from '../lib/random.ts';
import { sleep } from '../lib/sleep.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { runName } from '../workload/names.ts';
import { Acceptance } from './acceptance.ts';
import { Caches } from './caches.ts';
import { countOf } from './canary-sample.ts';
import { ClusterHealth } from './cluster/cluster-health.ts';
import { wordsOf } from './cluster/cluster-problem.ts';
import { createClusterWriter } from './cluster-writer.ts';
import { ConfigStates } from './config-states.ts';
import { canaryMeant, Dependencies, tokensOf } from './dependencies.ts';
import { EffectsTable, type Executor } from './effects-table.ts';
import { createExecutor, type Outside } from './executors/executor.ts';
import { Fights } from './fights.ts';
import { FlaggerRunner } from './flagger/flagger-runner.ts';
import { gitAccess, repositoryOf } from './git-access.ts';
import { GitInspections } from './git-inspections.ts';
import { type ReconcileDeps, reconcile } from './reconcile.ts';
import { Said } from './said.ts';

export type ControllerDeps = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Unique for this process. */
  readonly identity: string;
  readonly outside: Outside;
};

const NORMAL: ReadonlySet<string> = new Set(NORMAL_REASONS);
/** How long a drain waits for commits and messages that are under way. */
const DRAIN_MS = 8_000;
/** Acts of the controller are told under this verb. */
const EVENT_ACTION = 'Reconcile';

/** What the controller is to be asked for at /readyz, in words. */
export type Readiness = {
  /** What keeps it from being ready. */
  readonly missing: readonly string[];
  /** What else is wrong with the cluster. */
  readonly problems: readonly string[];
};

/**
 * The running controller: caches, queue, effects and lease, from start to drain. Without the lease it stands by with
 * its caches filled, as often as it loses it.
 */
export class Controller {
  readonly #deps: ControllerDeps;
  readonly #caches: Caches;
  readonly #queue: WorkQueue;
  readonly #effects: EffectsTable;
  readonly #configStates: ConfigStates;
  readonly #inspections: GitInspections;
  readonly #recorder: EventRecorder;
  readonly #elector: LeaderElector | undefined;
  readonly #flagger: FlaggerRunner | undefined;
  readonly #dependencies = new Dependencies();
  readonly #health: ClusterHealth;
  readonly #said = new Said();
  readonly #acceptance = new Acceptance();
  readonly #refusals: ReconcileDeps['refusals'] = new Map();
  readonly #fights = new Fights();
  #leading = false;
  /** Counts leases won and lost: what belongs to an earlier one must not act. */
  #term = 0;
  #mayAct = false;
  /** Resolves when nothing of the last term runs any more; undefined before the first has ended. */
  #rested: Promise<void> | undefined;

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
    const { transport, clock, random, config, log, metrics } = deps;
    this.#health = new ClusterHealth({
      transport,
      clock,
      log,
      scope: { namespace: config.namespace, leaseNamespace: config.leaseNamespace },
      onMended: () => this.#lookAtAll(),
    });
    const { heard } = this.#health;
    const mayWrite = (): boolean => this.#elector === undefined || (this.#mayAct && this.#elector.isLeader());
    const client = createKubeClient({ transport: fencedTransport(transport, mayWrite), clock, random, heard });
    this.#caches = new Caches({
      client,
      clock,
      random,
      namespace: config.namespace,
      onChange: (object) => this.#changed(object),
      onError: (watched, error) => this.#health.readFailed(watched, error),
      onReadable: (watched, unreadable) => {
        this.#health.kinds.note(watched, unreadable);
        if (watched.resource.group === GROUP && unreadable === undefined) void this.#health.schemas.check();
        this.#lookAtAll();
      },
      onFilled: () => this.#lookAtAll(),
    });
    this.#configStates = new ConfigStates({
      client,
      clock,
      random,
      onKnown: (object) => this.#touch(object),
      onError: (config, error) => log.warn({ config, error: messageOf(error) }, 'config cannot be read'),
    });
    const outside = { ...deps.outside, ask: this.#health.metricsServers.heard(deps.outside.ask) };
    const execute = createExecutor(outside, { client, caches: this.#caches, clock });
    this.#effects = new EffectsTable({
      clock,
      random,
      execute: timed(execute, deps),
      onChange: (canary) => this.#queue.add(canary),
      onDropped: (canary, { key }) => log.warn({ canary, effect: key }, 'effect dropped, too many are under way'),
    });
    const { git, gitInsecure } = deps.outside;
    this.#inspections = new GitInspections({
      clock,
      random,
      inspect: git.inspect,
      access: async (repository) => {
        const parsed = repositoryOf(repository, this.#caches);
        return parsed?.ok
          ? gitAccess(repository, parsed.spec, { client, clock, allowInsecure: gitInsecure })
          : undefined;
      },
      onKnown: (canary) => this.#queue.add(canary),
      onError: (repository, error) => log.warn({ repository, error: messageOf(error) }, 'Git cannot be inspected'),
    });
    this.#recorder = new EventRecorder({
      client: createKubeClient({ transport, clock, random, heard }),
      clock,
      random,
      instance: deps.identity,
      onError: (error) => this.#warn('events', { error }, 'event cannot be written'),
    });
    const reconcileDeps: ReconcileDeps = {
      client,
      caches: this.#caches,
      writer: createClusterWriter(client, this.#caches, { onPruned: () => this.#health.schemas.suspect() }),
      configStates: this.#configStates,
      dependencies: this.#dependencies,
      effects: this.#effects,
      acceptance: this.#acceptance,
      inspections: this.#inspections,
      refusals: this.#refusals,
      fights: this.#fights,
      health: this.#health,
      clock,
      cluster: config.cluster,
      metricsServer: config.metricsServer,
      asksIstiod: deps.outside.istiod !== undefined,
      watchesFlagger: config.watchFlagger,
      log,
      metrics,
      tell: (canary, event) => this.#tell(canary, event),
      again: (canary, ms) => this.#queue.addAfter(canary, ms),
    };
    this.#queue = new WorkQueue({
      clock,
      random,
      workers: config.workers,
      work: async (canary) => {
        const start = clock.monotonic();
        const done = (result: 'ok' | 'error'): void =>
          metrics.reconciled(canary, { seconds: (clock.monotonic() - start) / 1000, result });
        await reconcile(canary, reconcileDeps).then(
          () => {
            this.#said.forget(canary);
            done('ok');
          },
          (error) => {
            done('error');
            throw error;
          },
        );
      },
      onError: (canary, error) => this.#warn(canary, { canary, error }, 'reconcile failed'),
    });
    const { watchFlagger, flaggerMeshProvider: meshProvider, workers } = config;
    this.#flagger = watchFlagger
      ? new FlaggerRunner({ ...reconcileDeps, random, reader: client, workers, meshProvider })
      : undefined;
    metrics.observe('queue_depth', () => this.#queue.counts().ready);
    metrics.observe('effects_pending', () => this.#effects.pending);
    metrics.problems(() => this.#health.problems.list());
    metrics.canaries(() => (this.#leading ? this.#caches.list('Canary').map(countOf) : []));
    this.#elector = config.leaderElect
      ? new LeaderElector({
          transport,
          clock,
          random,
          lease: { namespace: config.leaseNamespace, name: 'serin' },
          identity: deps.identity,
          heard,
          onAcquired: () => {
            this.#said.forget('lease');
            void this.#lead();
          },
          onLost: (why) => this.#stepDown(why),
          onError: (error) => this.#warn('lease', { error }, 'lease cannot be renewed'),
        })
      : undefined;
  }

  /** Fills the caches and acts as soon as they are filled and the lease is held; a standby has its caches ready. */
  start(): void {
    this.#caches.start();
    this.#flagger?.start();
    void this.#caches.whenFilled().then(() => {
      this.#deps.log.info({}, 'caches filled');
      void this.#health.schemas.check();
      if (this.#elector === undefined) void this.#lead();
      else this.#elector.start();
    });
  }

  /** A standby is ready. */
  readiness(): Readiness {
    const problems = this.#health.problems.list();
    const unread = this.#caches
      .health()
      .filter(({ synced, state }) => !synced && state !== 'forbidden')
      .map(({ resource, lastError }) => `${resource}: ${lastError ?? 'not listed yet'}`);
    return {
      missing: [...problems.filter(({ blocks }) => blocks).map(wordsOf), ...unread],
      problems: problems.filter(({ blocks }) => !blocks).map(wordsOf),
    };
  }

  /** True while this process acts. */
  get leading(): boolean {
    return this.#leading;
  }

  /**
   * Stops in order: lets commits and messages that are under way end and be noted, ends the reconciles, gives the lease
   * back, closes the watches.
   */
  async stop(): Promise<void> {
    const { clock, log } = this.#deps;
    const deadline = clock.monotonic() + DRAIN_MS;
    if (this.#leading) {
      await this.#effects.drain(deadline);
      const idle = new AbortController();
      const inTime = sleep(clock, Math.max(0, deadline - clock.monotonic()), idle.signal);
      await Promise.race([this.#queue.idle(), inTime]);
      idle.abort();
    }
    this.#term++;
    this.#leading = false;
    this.#deps.metrics.leading(false);
    this.#health.stop();
    await this.#flagger?.stop();
    await this.#queue.stop();
    await this.#effects.stop();
    await this.#inspections.stop();
    await this.#configStates.stop();
    await this.#elector?.stop();
    await this.#recorder.stop();
    await this.#caches.stop();
    log.info({}, 'stopped');
  }

  /**
   * Begins to act. What the last term left is over first, and after one everything is read anew: another has acted
   * meanwhile, and a watch may have missed it. So it goes on as a process does that was just started.
   */
  async #lead(): Promise<void> {
    const term = ++this.#term;
    if (this.#rested !== undefined) {
      await this.#rested;
      await Promise.all([this.#caches.refresh(), this.#flagger?.refresh()]);
    }
    if (term !== this.#term) return;
    this.#mayAct = true;
    this.#leading = true;
    this.#deps.metrics.leading(true);
    this.#deps.log.info({ holder: this.#deps.identity }, 'leading');
    this.#effects.start();
    this.#lookAtAll();
    this.#queue.start();
    this.#flagger?.lead();
    this.#inspections.start();
  }

  /** Another process may act already: nothing more is written from now on, and what is under way is given up. */
  #stepDown(why: string): void {
    this.#term++;
    this.#mayAct = false;
    this.#leading = false;
    this.#deps.metrics.leading(false);
    this.#deps.log.warn({ why }, 'lease lost, standing by');
    this.#rested = Promise.all([
      this.#queue.pause(),
      this.#flagger?.pause(),
      this.#effects.stop(),
      this.#inspections.pause(),
    ]).then(() => {
      this.#acceptance.clear();
      this.#refusals.clear();
      this.#fights.clear();
      for (const { metadata } of this.#caches.list('Canary')) {
        this.#deps.metrics.forget({ namespace: metadata.namespace ?? '', name: metadata.name });
      }
    });
  }

  /** The same words are told once, until `about` is well again. */
  #warn(about: string, { error, ...keys }: { readonly error: unknown; readonly canary?: string }, what: string): void {
    const words = messageOf(error);
    // What was given up when the lease was lost is no news beside that.
    const isNews = !isKubeError(error, 'Aborted') && this.#said.isNew(about, words);
    const level = isNews ? 'warn' : 'debug';
    this.#deps.log[level]({ ...keys, error: words }, what);
  }

  #lookAtAll(): void {
    for (const canary of this.#caches.list('Canary')) this.#queue.add(keyOf(canary.metadata));
    this.#flagger?.lookAtAll();
    for (const action of this.#caches.list('CanaryAction')) this.#queue.add(canaryMeant(action) ?? '');
  }

  #changed(object: KubeObject): void {
    if (object.kind === 'Canary') this.#queue.add(keyOf(object.metadata));
    const meant = canaryMeant(object);
    if (meant !== undefined) this.#queue.add(meant);
    if (this.#caches.get(refOf(object)) === undefined) this.#configStates.forget(object);
    this.#touch(object);
    this.#flagger?.changed(object);
  }

  #touch(object: KubeObject): void {
    for (const canary of this.#dependencies.affected(tokensOf(object))) this.#queue.add(canary);
  }

  #tell(canary: KubeObject, { reason, note, run }: Parameters<ReconcileDeps['tell']>[1]): void {
    const { name, labels } = canary.metadata;
    const ref = refOf(canary);
    // Who wrote a flagger.app Canary looks for events there.
    const original = labels?.[SHADOW_LABEL];
    const uid = original ?? canary.metadata.uid;
    this.#recorder.record({
      regarding: {
        ...ref,
        ...(original === undefined ? {} : { apiVersion: FLAGGER_API_VERSION }),
        ...(uid === undefined ? {} : { uid }),
      },
      ...(run === undefined ? {} : { related: { ...ref, kind: 'CanaryRun', name: runName(name, run) } }),
      type: NORMAL.has(reason) ? 'Normal' : 'Warning',
      reason,
      action: EVENT_ACTION,
      note,
    });
  }
}

/** The executor, with the time of each effect in the metrics and failures in the log. */
const timed =
  (execute: Executor, { clock, log, metrics }: ControllerDeps): Executor =>
  async (canary, effect, signal) => {
    const start = clock.monotonic();
    const done = (result: string): void =>
      metrics.effect({ kind: effect.kind, seconds: (clock.monotonic() - start) / 1000, result });
    try {
      const result = await execute(canary, effect, signal);
      done('done');
      if (result.kind === 'notify' && !result.delivered) {
        log.warn({ canary, effect: effect.key, detail: result.detail }, 'message refused');
      }
      if (effect.kind === 'hook' && effect.loose === true && result.kind === 'hook' && !result.passed) {
        log.warn({ canary, hook: effect.hook.name, detail: result.detail }, 'event hook failed');
      }
      return result;
    } catch (error) {
      done('failed');
      if (!signal.aborted) log.warn({ canary, effect: effect.key, error: messageOf(error) }, 'effect failed');
      throw error;
    }
  };
