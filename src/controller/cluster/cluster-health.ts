import type { Problem } from '../../api/problem.ts';
import type { Heard } from '../../kube/create-client.ts';
import type { MissingRight } from '../../kube/kube-error.ts';
import { kindWord } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Watched } from '../watched-kinds.ts';
import { canaryProblem, nameOf, rightProblem, type Scope } from './cluster-problem.ts';
import { ClusterProblems } from './cluster-problems.ts';
import { MetricsServers } from './metrics-servers.ts';
import { SchemaCheck } from './schema-check.ts';
import { ServerHealth } from './server-health.ts';
import { UnreadableKinds } from './unreadable-kinds.ts';
import { WriteRights } from './write-rights.ts';

/** For how long a single kind may fail to be read, while others can be, before it is told. */
const PATIENCE_MS = 10_000;

/** What stands in a Canary's way. */
export type Blocked = {
  readonly problems: readonly Problem[];
  /** What cannot be read may be there: nothing may be given back or let go on the ground that it is not. */
  readonly isBlind: boolean;
};

/** What the cluster lacks, as far as the controller notices: told once, with what to apply, until it is mended. */
export class ClusterHealth {
  readonly problems: ClusterProblems;
  readonly kinds: UnreadableKinds;
  readonly schemas: SchemaCheck;
  readonly metricsServers: MetricsServers;
  readonly #server: ServerHealth;
  readonly #rights: WriteRights;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #scope: Scope;
  /** Since when a kind has failed to be read, monotonic ms. */
  readonly #failing = new Map<string, number>();

  constructor(options: {
    readonly transport: Transport;
    readonly clock: Clock;
    readonly log: Log;
    readonly scope: Scope;
    /** What was in the way of some Canaries may be gone: all should be looked at again. */
    readonly onMended: () => void;
  }) {
    const { transport, clock, log, scope, onMended } = options;
    this.problems = new ClusterProblems(log);
    const { problems } = this;
    this.kinds = new UnreadableKinds({ problems, log, scope });
    this.schemas = new SchemaCheck({ problems, transport, clock, onMended });
    this.metricsServers = new MetricsServers(problems, clock);
    this.#server = new ServerHealth(problems, clock);
    this.#rights = new WriteRights({ problems, transport, clock, scope, onGranted: onMended });
    this.#clock = clock;
    this.#log = log;
    this.#scope = scope;
  }

  /** Every client of the API server reports here. */
  readonly heard: Heard = (call, error) => {
    this.#server.heard(call, error);
    this.#rights.heard(call, error);
    const { verb, resource } = call;
    if (error === undefined && (verb === 'watch' || verb === 'list')) this.#readAgain(nameOf(resource));
    if (resource.kind === 'Lease' && error === undefined) this.problems.mended(LEASE_NAMESPACE);
    if (resource.kind === 'Lease' && error?.kind === 'NotFound' && verb === 'create') this.#noLeaseNamespace();
  };

  /** A kind could not be listed or watched. */
  readFailed({ resource }: Watched, error: unknown): void {
    const since = this.#failing.get(nameOf(resource)) ?? this.#clock.monotonic();
    this.#failing.set(nameOf(resource), since);
    this.#log.debug({ resource: resource.plural, error: messageOf(error) }, 'watch failed');
    if (this.#clock.monotonic() - since < PATIENCE_MS || this.#server.ails) return;
    if (this.kinds.isKnown(kindWord(resource)) || this.problems.has(failingKey(nameOf(resource)))) return;
    this.problems.found(failingKey(nameOf(resource)), {
      type: 'Unreachable',
      about: nameOf(resource),
      message: `${nameOf(resource)} cannot be read, though the API server answers: ${messageOf(error)}`,
      remedy: 'that mended; until then changes of these objects are not seen',
      blocks: false,
    });
  }

  /** What of the cluster stands in the way of `canary`, which was looked for among `kinds` that cannot be read. */
  blocking(canary: string, kinds: ReadonlySet<string>): Blocked {
    const some = this.kinds.forCanary(canary, kinds);
    const all = [...this.kinds.forAll(), ...this.schemas.forAll()];
    return {
      problems: [...all, ...some].map((problem) => canaryProblem(problem.about, problem)),
      isBlind: [...all, ...some].some(({ type }) => type === 'AccessDenied'),
    };
  }

  /** What a person is to do about a right that is missing. */
  remedyFor(right: MissingRight): string {
    return rightProblem(right, { scope: this.#scope, blocks: false }).remedy;
  }

  stop(): void {
    this.schemas.stop();
    this.metricsServers.stop();
    this.#rights.stop();
  }

  #readAgain(resource: string): void {
    if (this.#failing.delete(resource)) this.problems.mended(failingKey(resource));
  }

  #noLeaseNamespace(): void {
    const { leaseNamespace } = this.#scope;
    this.problems.found(LEASE_NAMESPACE, {
      type: 'NotInstalled',
      about: 'leases.coordination.k8s.io',
      message: `Namespace ${leaseNamespace}, in which the Lease serin is to be kept, does not exist`,
      remedy: `kubectl create namespace ${leaseNamespace}, or another --lease-namespace`,
      blocks: true,
    });
  }
}

const LEASE_NAMESPACE = 'lease namespace';
const failingKey = (resource: string): string => `read ${resource}`;
