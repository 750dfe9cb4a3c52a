import type { Cancel, Clock } from '../lib/clock.ts';
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
/** Effects that leave something behind; the others only ask. */
const OUTSIDE: ReadonlySet<Effect['kind']> = new Set(['commit', 'notify']);

/**
 * Starts, cancels and remembers the effects that each Canary wants. Effects run beside the reconciles; the end of one
 * puts its Canary back in the queue. A failed effect is tried again with full jitter, by itself, as long as it is
 * wanted. Nothing here survives a restart: what must is in the Canary's status.
 */
export class EffectsTable {
  readonly #entries = new Map<string, Map<string, Entry>>();
  readonly #deps: {
    readonly clock: Clock;
    readonly random: Random;
    readonly execute: Executor;
    readonly onChange: (canary: string) => void;
  };
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(deps: {
    readonly clock: Clock;
    readonly random: Random;
    readonly execute: Executor;
    readonly onChange: (canary: string) => void;
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
    const entries = this.#entries.get(canary) ?? new Map<string, Entry>();
    const keys = new Set(wanted.map((effect) => effect.key));
    for (const [key, entry] of entries) {
      if (keys.has(key)) continue;
      entry.retry?.();
      entry.stop.abort();
      entries.delete(key);
    }
    for (const effect of wanted) if (!entries.has(effect.key)) this.#start(canary, { entries, effect, attempts: 0 });
    if (entries.size === 0) this.#entries.delete(canary);
    else this.#entries.set(canary, entries);
  }

  /** Number of effects that are running or waiting for another try. */
  get pending(): number {
    let count = 0;
    for (const entries of this.#entries.values())
      for (const entry of entries.values()) if (entry.state.state !== 'done') count++;
    return count;
  }

  /**
   * Resolves when no commit or message is under way, or at `deadline` (monotonic ms). What has ended is noted by the
   * reconciles that go on meanwhile: so a message is repeated only after a crash.
   */
  async drain(deadline: number): Promise<void> {
    const { clock } = this.#deps;
    const outside = (): boolean =>
      [...this.#entries.values()].some((entries) =>
        [...entries.values()].some(({ effect, state }) => OUTSIDE.has(effect.kind) && state.state === 'running'),
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
    this.#stopped = true;
    await Promise.all(this.#running);
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
      const wait = Math.round(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1)) * (0.5 + random() / 2));
      entry.state = { state: 'failed', error: messageOf(error), attempts, retryAt: clock.now() + wait };
      entry.retry = clock.after(wait, () => {
        if (entries.get(entry.effect.key) === entry) this.#start(canary, { entries, effect: entry.effect, attempts });
      });
    }
    if (entries.get(entry.effect.key) === entry) onChange(canary);
  }
}
