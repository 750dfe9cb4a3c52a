import type { Cancel, Clock } from '../lib/clock.ts';
import { numberAt, recordAt, sameJson, stringAt } from '../lib/json.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { messageOf } from '../lib/message-of.ts';
import type { Random } from '../lib/random.ts';
import { sleep } from '../lib/sleep.ts';
import type { KubeClient } from './client.ts';
import { createKubeClient, type Heard } from './create-client.ts';
import { isKubeError } from './kube-error.ts';
import { microTime } from './micro-time.ts';
import type { Transport } from './transport.ts';

export type LeaderElectorOptions = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** Unique for each process, not only for each pod: two with the same identity would both lead. */
  readonly identity: string;
  /** This process may act. Called again when a lease that was lost is won again. */
  readonly onAcquired: () => void;
  /** This process must not act any more, from now on. It goes on as a candidate. */
  readonly onLost: (why: string) => void;
  readonly onError?: (error: unknown) => void;
  readonly heard?: Heard;
};

/** client-go's values. A leader stops at 10 s, the others wait 15 s: clocks may differ in speed by half. */
const LEASE_MS = 15_000;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2_000;
/** One hung call must leave time for another before the deadline. */
const CALL_MS = 3_000;

/**
 * Leader election by a Lease, as client-go does it: the holder renews every 2 s and stops acting 10 s after the last
 * renewal that succeeded was *sent*, and is a candidate again; others take a lease 15 s after they saw its record change last. Wall clocks are
 * written for people and never compared; only the local monotonic clock decides.
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #client: KubeClient;
  readonly #ref: ObjectRef;
  readonly #stop = new AbortController();
  #state: 'waiting' | 'candidate' | 'leader' | 'stopped' = 'waiting';
  #ended: Promise<void> = Promise.resolve();
  /** The Lease as last seen, and when its record was first seen so. */
  #seen: { readonly lease: KubeObject; readonly at: number } | undefined;
  /** The last call was a write of ours that succeeded: the next one needs no read before it. */
  #current = false;
  #leadsUntil = Number.NEGATIVE_INFINITY;
  #cancelDeadline: Cancel = () => undefined;
  #lastError = 'no call was answered';

  constructor(options: LeaderElectorOptions) {
    const { transport, clock, random, heard } = options;
    this.#options = options;
    const told = heard === undefined ? {} : { heard };
    this.#client = createKubeClient({ transport, clock, random, timeoutMs: CALL_MS, retries: 0, ...told });
    this.#ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...options.lease };
  }

  start(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'candidate';
    this.#ended = this.#run();
  }

  /** True while this process may act; also right when timers are late, as after a machine was suspended. */
  isLeader(): boolean {
    return this.#state === 'leader' && this.#options.clock.monotonic() < this.#leadsUntil;
  }

  /**
   * Ends the candidacy. Call it when nothing acts any more: a lease that is held is given back, so that another acts
   * within a retry period. Never rejects.
   */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#cancelDeadline();
    this.#stop.abort();
    await this.#ended;
    if (!this.#current || this.#seen === undefined) return;
    try {
      await this.#client.update(this.#record('', this.#seen.lease));
    } catch (error) {
      this.#options.onError?.(error);
    }
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    while (this.#state === 'candidate' || this.#state === 'leader') {
      const sent = clock.monotonic();
      try {
        if (await this.#tryToHold()) this.#hold(sent + RENEW_DEADLINE_MS);
        else if (this.#state === 'leader') this.#lose(`${this.#holder()} holds the lease`);
      } catch (error) {
        this.#lastError = messageOf(error);
        // Two candidates that write at once are nothing to report: one of them has won.
        if (!isKubeError(error, 'Conflict') && !isKubeError(error, 'AlreadyExists')) this.#options.onError?.(error);
      }
      const retry = RETRY_MS * (1 + random() / 5);
      const expiresIn = Math.ceil(this.#expiresIn());
      await sleep(clock, expiresIn > 0 ? Math.min(retry, expiresIn) : retry, this.#stop.signal);
    }
  }

  /** Takes or renews the lease. False while it is another's; a rejection says nothing about whose it is. */
  async #tryToHold(): Promise<boolean> {
    const known = this.#current ? this.#seen?.lease : undefined;
    this.#current = false;
    const lease = known ?? (await this.#client.get(this.#ref));
    if (lease === undefined) {
      this.#see(await this.#client.create(this.#record(this.#options.identity)));
    } else {
      this.#see(lease);
      const anothers = this.#holder() !== '' && this.#holder() !== this.#options.identity;
      if (anothers && (this.#state === 'leader' || this.#expiresIn() > 0)) return false;
      this.#see(await this.#client.update(this.#record(this.#options.identity, lease)));
    }
    this.#current = true;
    return true;
  }

  #hold(until: number): void {
    const { clock, onAcquired } = this.#options;
    const left = until - clock.monotonic();
    if (left <= 0 || (this.#state !== 'candidate' && this.#state !== 'leader')) return;
    this.#leadsUntil = until;
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(left, () =>
      this.#lose(`no renewal succeeded for ${RENEW_DEADLINE_MS / 1000} s: ${this.#lastError}`),
    );
    if (this.#state === 'leader') return;
    this.#state = 'leader';
    onAcquired();
  }

  #lose(why: string): void {
    if (this.#state !== 'leader') return;
    this.#state = 'candidate';
    this.#cancelDeadline();
    this.#options.onLost(why);
  }

  #see(lease: KubeObject): void {
    const same = this.#seen !== undefined && sameJson(this.#seen.lease['spec'], lease['spec']);
    this.#seen = { lease, at: same && this.#seen ? this.#seen.at : this.#options.clock.monotonic() };
  }

  #holder(): string {
    return stringAt(this.#seen?.lease, 'spec', 'holderIdentity') ?? '';
  }

  /** Milliseconds until the lease that was seen runs out by the holder's own word; 0 or less when it has. */
  #expiresIn(): number {
    if (this.#seen === undefined) return 0;
    const seconds = numberAt(this.#seen.lease, 'spec', 'leaseDurationSeconds') ?? LEASE_MS / 1000;
    return this.#seen.at + seconds * 1000 - this.#options.clock.monotonic();
  }

  /** The Lease to write: held by `holder`, or given back when that is empty. */
  #record(holder: string, before?: KubeObject): KubeObject {
    const now = microTime(this.#options.clock.now());
    const spec = recordAt(before, 'spec');
    const renewal = holder !== '' && stringAt(spec, 'holderIdentity') === holder;
    const transitions = numberAt(spec, 'leaseTransitions') ?? 0;
    const { apiVersion, kind, ...metadata } = this.#ref;
    return {
      apiVersion,
      kind,
      metadata: before?.metadata ?? metadata,
      spec: {
        ...spec,
        holderIdentity: holder,
        leaseDurationSeconds: holder === '' ? 1 : LEASE_MS / 1000,
        acquireTime: renewal ? (spec['acquireTime'] ?? now) : now,
        renewTime: now,
        leaseTransitions: before === undefined || holder === '' || renewal ? transitions : transitions + 1,
      },
    };
  }
}
