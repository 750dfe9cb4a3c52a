import type { Effect, EffectResult, EffectState } from '#src/rollout/effect.ts';

const ANSWER_MS = 100;

type Entry = { readonly doneAt: number; readonly result: EffectResult };

/** The controller's effects table: remembers what is wanted, forgets what is not, and all of it in a crash. */
export class WorldEffects {
  readonly #entries = new Map<string, Entry>();

  /** Starts what is newly wanted; it has its result a little later. */
  want(
    wanted: readonly Effect[],
    { now, execute }: { readonly now: number; readonly execute: (effect: Effect) => EffectResult },
  ): void {
    const keys = new Set(wanted.map(({ key }) => key));
    for (const key of this.#entries.keys()) if (!keys.has(key)) this.#entries.delete(key);
    for (const effect of wanted) {
      if (this.#entries.has(effect.key)) continue;
      this.#entries.set(effect.key, { doneAt: now + ANSWER_MS, result: execute(effect) });
    }
  }

  clear(): void {
    this.#entries.clear();
  }

  /** When results come in. */
  get times(): readonly number[] {
    return [...this.#entries.values()].map(({ doneAt }) => doneAt);
  }

  at(now: number): ReadonlyMap<string, EffectState> {
    return new Map(
      [...this.#entries].map(([key, { doneAt, result }]): [string, EffectState] => [
        key,
        doneAt <= now ? { state: 'done', at: doneAt, result } : { state: 'running', since: doneAt - ANSWER_MS },
      ]),
    );
  }
}
