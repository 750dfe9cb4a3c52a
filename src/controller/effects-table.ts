import { assertNever } from '../lib/assert-never.ts';
import type { Cancel, Clock } from '../lib/clock.ts';
import { numberAt } from '../lib/json.ts';
import { messageOf } from '../lib/message-of.ts';
import type { Random } from '../lib/random.ts';
import { sleep } from '../lib/sleep.ts';
import type { Effect, EffectResult, EffectState } from '../rollout/effect.ts';

/** Does one effect on the outside. Rejects when it should be tried again; returns what is final. */
export type Executor = (canary: string, effect: Effect, signal: AbortSignal) => Promise<EffectResult>;

type Entry = { effect: Effect; state: EffectState; readonly stop: AbortController; retry?: Cancel };

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;
const DRAIN_STEP_MS = 50;
/** Loose effects of one Canary that may be under way at once; more are dropped. */
const LOOSE = 20;

/** True when an effect leaves something behind on the outside; the others only ask. */
const leavesSomething = (effect: Effect): boolean => {
  switch (effect.kind) {
    case 'commit':
    case 'notify':
      return true;
    case 'measure':
    case 'prove':
      return false;
    case 'hook':
      return effect.hook.type !== 'rollback' && !effect.hook.type.startsWith('confirm-');
    default:
      return assertNever(effect, 'effect');
  }
};

const isLoose = (effect: Effect): boolean => effect.kind === 'hook' && effect.loose === true;

/**
 * Starts, cancels and remembers the effects that each Canary wants. Effects run beside the reconciles; the end of one
 * puts its Canary back in the queue. A failed effect is tried again with full jitter, by itself, as long as it is
 * wanted, and not before `retryAfterMs` of its error have passed. Nothing here survives a restart: what must is in the
 * Canary's status.
 */
export class EffectsTable {
  readonly #entries = new Map<string, Map<string, Entry>>();
  readonly #deps: {
    readonly clock: Clock;
    readonly random: Random;
    readonly execute: Executor;
    readonly onChange: (canary: string) => void;
    readonly onDropped?: (canary: string, effect: Effect) => void;
  };
  readonly #loose = new Map<string, Map<string, Entry>>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(deps: {
    readonly clock: Clock;
    readonly random: Random;
    readonly execute: Executor;
    readonly onChange: (canary: string) => void;
    /** A loose effect is not done, because too many are under way. */
    readonly onDropped?: (canary: string, effect: Effect) => void;
  }) {
    this.#deps = deps;
  }

  /** What is known of the Canary's effects, by key. */
  view(canary: string): ReadonlyMap<string, EffectState> {
    const states = new Map<string, EffectState>();
    for (const [key, entry] of this.#entries.get(canary) ?? []) states.set(key, entry.state);
    return states;
  }

  /** Makes `wanted` the Canary's effects: starts new ones, cancels and forgets the others. */
  want(canary: string, wanted: readonly Effect[]): void {
    if (this.#stopped) return;
    for (const effect of wanted) if (isLoose(effect)) this.#letGo(canary, effect);
    const held = wanted.filter((effect) => !isLoose(effect));
    const entries = this.#entries.get(canary) ?? new Map<string, Entry>();
    const keys = new Set(held.map((effect) => effect.key));
    for (const [key, entry] of entries) {
      if (keys.has(key)) continue;
      entry.retry?.();
      entry.stop.abort();
      entries.delete(key);
    }
    for (const effect of held) if (!entries.has(effect.key)) this.#start(canary, { entries, effect, attempts: 0 });
    if (entries.size === 0) this.#entries.delete(canary);
    else this.#entries.set(canary, entries);
  }

  /** Number of effects that are running or waiting for another try. */
  get pending(): number {
    let count = 0;
    for (const entries of this.#entries.values())
      for (const entry of entries.values()) if (entry.state.state !== 'done') count++;
    for (const loose of this.#loose.values()) count += loose.size;
    return count;
  }

  /**
   * Resolves when nothing is under way that leaves something behind, or at `deadline` (monotonic ms). What has ended is
   * noted by the reconciles that go on meanwhile: so a message is repeated only after a crash.
   */
  async drain(deadline: number): Promise<void> {
    const { clock } = this.#deps;
    const outside = (): boolean =>
      [...this.#entries.values(), ...this.#loose.values()].some((entries) =>
        [...entries.values()].some(({ effect, state }) => leavesSomething(effect) && state.state === 'running'),
      );
    while (outside() && clock.monotonic() < deadline) await sleep(clock, DRAIN_STEP_MS);
  }

  /** Effects may be wanted again, after a stop. */
  start(): void {
    this.#stopped = false;
  }

  /** Cancels everything, starts nothing until `start`, and resolves when what was running has ended. */
  async stop(): Promise<void> {
    for (const canary of [...this.#entries.keys()]) this.want(canary, []);
    for (const entries of this.#loose.values()) for (const { stop } of entries.values()) stop.abort();
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  /** Does an effect once; nobody waits for it, and what becomes of it is not remembered. */
  #letGo(canary: string, effect: Effect): void {
    const entries = this.#loose.get(canary) ?? new Map<string, Entry>();
    if (entries.has(effect.key)) return;
    if (entries.size >= LOOSE) {
      this.#deps.onDropped?.(canary, effect);
      return;
    }
    const stop = new AbortController();
    entries.set(effect.key, { effect, stop, state: { state: 'running', since: this.#deps.clock.now() } });
    this.#loose.set(canary, entries);
    const work = this.#deps
      .execute(canary, effect, stop.signal)
      // Whoever executes has logged it.
      .then(
        () => {},
        () => {},
      )
      .finally(() => {
        entries.delete(effect.key);
        if (entries.size === 0) this.#loose.delete(canary);
        this.#running.delete(work);
      });
    this.#running.add(work);
  }

  #start(canary: string, start: { entries: Map<string, Entry>; effect: Effect; attempts: number }): void {
    const { entries, effect, attempts } = start;
    const stop = new AbortController();
    const entry: Entry = { effect, stop, state: { state: 'running', since: this.#deps.clock.now() } };
    entries.set(effect.key, entry);
    const work = this.#run(canary, { entries, entry, attempts: attempts + 1 }).finally(() =>
      this.#running.delete(work),
    );
    this.#running.add(work);
  }

  async #run(canary: string, run: { entries: Map<string, Entry>; entry: Entry; attempts: number }): Promise<void> {
    const { entries, entry, attempts } = run;
    const { clock, random, execute, onChange } = this.#deps;
    try {
      const result = await execute(canary, entry.effect, entry.stop.signal);
      entry.state = { state: 'done', at: clock.now(), result };
    } catch (error) {
      if (entry.stop.signal.aborted) return;
      const backOff = Math.round(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1)) * (0.5 + random() / 2));
      const wait = Math.max(backOff, numberAt(error, 'retryAfterMs') ?? 0);
      entry.state = { state: 'failed', error: messageOf(error), attempts, retryAt: clock.now() + wait };
      entry.retry = clock.after(wait, () => {
        if (entries.get(entry.effect.key) === entry) this.#start(canary, { entries, effect: entry.effect, attempts });
      });
    }
    if (entries.get(entry.effect.key) === entry) onChange(canary);
  }
}
