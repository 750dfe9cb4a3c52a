import { sameJson } from '../lib/json.ts';
import { keyOf, type ObjectRef, refOf } from '../lib/kube-object.ts';
import type { Action } from '../rollout/decision.ts';
import type { Fought } from '../rollout/drift.ts';
import type { FightView } from '../rollout/observed.ts';
import type { ObjectPatch } from '../traffic/router.ts';
import type { ClusterWriter } from './cluster-writer.ts';

/** So many repetitions within that time are a fight: GitOps tools that look every few seconds stay below. */
const MOST = 10;
const WITHIN_MS = 60_000;
/** How often is written in a fight. What takes requests from the canary is put right sooner. */
const EVERY_MS = 5_000;
const LOWERING_EVERY_MS = 1_000;

/** A write that would repeat the last one too soon. */
export class HeldBack extends Error {
  readonly waitMs: number;

  constructor(waitMs: number) {
    super(`Cannot write yet: the same is undone again and again; next in ${waitMs} ms`);
    this.name = 'HeldBack';
    this.waitMs = waitMs;
  }
}

/** What is known of the writes to one object. */
type Known = {
  readonly fought: Fought;
  /** What it was written for last. */
  readonly action: Action;
  /** When it was written again, monotonic ms; the newest last, at most `MOST`. */
  times: number[];
  /** How often, since the last pause. */
  count: number;
  by: string | undefined;
};

/** What a write is for. */
type About = {
  /** Of the Canary, `namespace/name`. */
  readonly canary: string;
  readonly action: Action;
  readonly fought: Fought;
  /** Who has made it necessary. */
  readonly by: string | undefined;
  /** It takes something from the canary. */
  readonly lowers: boolean;
  /** Monotonic ms. */
  readonly now: number;
};

const isHot = ({ times }: Known, now: number): boolean => {
  const [oldest = Number.NEGATIVE_INFINITY] = times;
  return times.length >= MOST && now - oldest < WITHIN_MS;
};

/**
 * Notices when somebody undoes what Serin writes as fast as it is written, and keeps Serin from writing in a circle. Only
 * what is done to an object again for the same end counts: another weight, such as a rollback's, goes through at once.
 * Kept in memory alone: after a restart it is noticed again.
 */
export class Fights {
  readonly #canaries = new Map<string, Map<string, Known>>();

  /** The same writer, which throws `HeldBack` instead of repeating itself too soon. */
  guarded(writer: ClusterWriter, about: About): ClusterWriter {
    const write = async (ref: ObjectRef, run: () => Promise<void>): Promise<void> => {
      this.#admit(ref, about);
      await run();
      this.#note(ref, about);
    };
    return {
      ...writer,
      apply: (object) => write(refOf(object), () => writer.apply(object)),
      merge: (ref, patch) => write(ref, () => writer.merge(ref, patch)),
      patch: async (patches) => {
        for (const patch of patches) {
          if (patch.type === 'delete') await writer.patch([patch]);
          else await write(refOfPatch(patch), () => writer.patch([patch]));
        }
      },
    };
  }

  /** The fights of a Canary that are under way. */
  view(canary: string, now: number): readonly FightView[] {
    return [...(this.#canaries.get(canary)?.values() ?? [])]
      .filter((known) => isHot(known, now))
      .map(({ fought, by, count }) => ({ ...fought, times: count, ...(by === undefined ? {} : { by }) }));
  }

  /** When the first of them is over if nothing more happens, in ms; undefined when there is none. */
  endsIn(canary: string, now: number): number | undefined {
    const hot = [...(this.#canaries.get(canary)?.values() ?? [])].filter((known) => isHot(known, now));
    const ends = hot.map(({ times: [oldest = now] }) => oldest + WITHIN_MS - now);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  forget(canary: string): void {
    this.#canaries.delete(canary);
  }

  clear(): void {
    this.#canaries.clear();
  }

  #admit(ref: ObjectRef, { canary, action, lowers, now }: About): void {
    const known = this.#canaries.get(canary)?.get(tokenOf(ref));
    if (known === undefined || !sameJson(known.action, action) || !isHot(known, now)) return;
    const last = known.times.at(-1) ?? now;
    const wait = last + (lowers ? LOWERING_EVERY_MS : EVERY_MS) - now;
    if (wait > 0) throw new HeldBack(wait);
  }

  #note(ref: ObjectRef, { canary, action, fought, by, now }: About): void {
    const all = this.#canaries.get(canary) ?? new Map<string, Known>();
    this.#canaries.set(canary, all);
    const known = all.get(tokenOf(ref));
    if (known === undefined || !sameJson(known.action, action)) {
      // Another weight is no peace: who fights over the one fights over the other.
      const { times = [], count = 0 } = known ?? {};
      all.set(tokenOf(ref), { fought, action, times, count, by: by ?? known?.by });
      return;
    }
    const isNew = now - (known.times.at(-1) ?? Number.NEGATIVE_INFINITY) >= WITHIN_MS;
    known.count = isNew ? 1 : known.count + 1;
    known.times = [...known.times, now].slice(-MOST);
    known.by = by ?? known.by;
  }
}

const tokenOf = (ref: ObjectRef): string => `${ref.apiVersion} ${ref.kind} ${keyOf(ref)}`;

type Writing = Exclude<ObjectPatch, { readonly type: 'delete' }>;
const refOfPatch = (patch: Writing): ObjectRef => (patch.type === 'apply' ? refOf(patch.object) : patch.ref);
