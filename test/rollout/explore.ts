import type { CheckStatus } from '#src/api/canary-status.ts';
import { hashOf } from '#src/lib/hash.ts';
import type { Event, Oracle, Story } from './story.ts';
import { World } from './world.ts';
import type { WorldState } from './world-state.ts';

/** What may happen, each so often at most, and in which order whatever. */
export type Budget = {
  readonly events: readonly Event[];
  /** How often the controller may die, after any of its writes. */
  readonly crashes: number;
  /** Verdicts that a window may have; how many windows in all may have another than the first one. */
  readonly verdicts: readonly CheckStatus['verdict'][];
  readonly surprises: number;
};

/** What is left of it on one way. */
type Left = { readonly events: readonly number[]; readonly crashes: number; readonly surprises: number };

export type Explored = {
  readonly states: number;
  readonly transitions: number;
  /** States in which nothing happens by itself any more. */
  readonly rests: number;
  /** The longest way from the beginning, in transitions. */
  readonly depth: number;
  readonly outcomes: Readonly<Record<string, number>>;
};

type Node = { readonly world: World; readonly left: Left; readonly way: readonly string[] };

/** Chooses by a list of choices; notes how many there were at each place. */
class Choices {
  readonly taken: number[];
  readonly widths: number[] = [];

  constructor(taken: readonly number[]) {
    this.taken = [...taken];
  }

  pick(width: number): number {
    const place = this.widths.length;
    this.widths.push(width);
    const choice = this.taken[place] ?? 0;
    this.taken[place] = choice;
    return choice;
  }

  /** The next list of choices in order; undefined when all have been made. */
  next(): readonly number[] | undefined {
    for (let place = this.widths.length - 1; place >= 0; place--) {
      const choice = (this.taken[place] ?? 0) + 1;
      if (choice < (this.widths[place] ?? 0)) return [...this.taken.slice(0, place), choice];
    }
    return undefined;
  }
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
/** Differences beyond this are alike: no wait is longer. */
const FAR_MS = 700_000;

/** Times by their distance to now; what only tells of the past, and ids that are made of times, left out. */
const essence = (value: unknown, now: number): unknown => {
  const near = (ms: number): number => Math.max(-FAR_MS, Math.min(FAR_MS, ms - now));
  const ignored = new Set(['kept', 'checks', 'sentence', 'message', 'history', 'conditions', 'startedAt', 'endedAt']);
  const walk = (one: unknown): unknown => {
    if (typeof one === 'string')
      return TIME.test(one) ? near(Date.parse(one)) : one.replaceAll(/[0-9a-f]{10,}|\d{13}/g, '');
    if (typeof one === 'number') return one > 1e12 ? near(one) : one;
    if (Array.isArray(one)) return one.map(walk);
    if (one === null || typeof one !== 'object') return one;
    return Object.fromEntries(
      Object.entries(one)
        .filter(([name]) => !ignored.has(name))
        .map(([name, field]) => [name, walk(field)]),
    );
  };
  return walk(value);
};

const outcomesOf = ({ outcomes }: WorldState): readonly string[] =>
  outcomes.map(({ revision, outcome }) => `${revision} ${outcome}`);

/** Two states with one key go on alike. */
const keyOf = ({ state }: World, left: Left): string => {
  const {
    now,
    writes: _w,
    statusWrites: _s,
    starts: _st,
    delivered: _d,
    commits,
    judged,
    windows: _n,
    ...rest
  } = state;
  const { history, ...status } = rest.status;
  const told = { ...rest, status, outcomes: outcomesOf(state), commits: Object.keys(commits).length };
  const past = history.map(({ id, outcome }) => `${id} ${outcome}`);
  const run = state.status.run?.id;
  const last = run === undefined ? undefined : judged[run];
  return hashOf([essence(told, now), past, last ?? null, left]);
};

/**
 * Visits every state that a small world can come to: whatever of the budget happens, wherever, and wherever the
 * controller dies. Every write is checked as it is made (`World`), and every state of rest by `atRest`. Throws with the
 * way there where something does not hold.
 */
export const explore = (
  story: Story,
  { budget, atRest }: { readonly budget: Budget; readonly atRest: (world: World) => void },
): Explored => {
  const first = new World(story);
  first.settle();
  const seen = new Set<string>();
  const all: Left = { events: budget.events.map(() => 1), crashes: budget.crashes, surprises: budget.surprises };
  const open: Node[] = [{ world: first, left: all, way: [] }];
  const counted = { transitions: 0, rests: 0, depth: 0, outcomes: {} as Record<string, number> };

  const fail = (error: unknown, way: readonly string[]): never => {
    throw new Error(`It does not hold after:\n${way.join('\n')}`, { cause: error });
  };

  /** One reconcile with every combination of answers and of a crash; the world as it is when that changes nothing. */
  const reconciled = (node: Node): World | undefined => {
    let quiet: World | undefined;
    let choices: Choices | undefined = new Choices([]);
    while (choices !== undefined) {
      const made: Choices = choices;
      let { crashes, surprises } = node.left;
      const words: string[] = [];
      const oracle: Oracle = {
        verdict: () => {
          const choice = surprises > 0 ? made.pick(budget.verdicts.length) : 0;
          if (choice > 0) surprises--;
          const verdict = budget.verdicts[choice] ?? 'pass';
          words.push(verdict);
          return verdict;
        },
        crashes: (write) => {
          if (crashes === 0 || made.pick(2) === 0) return false;
          crashes--;
          words.push(`crash after write ${write}`);
          return true;
        },
      };
      const world = node.world.fork(oracle);
      const moved = world.reconcile();
      if (!moved) quiet = world;
      else {
        counted.transitions++;
        visit({
          world,
          left: { ...node.left, crashes, surprises },
          way: [...node.way, ['reconcile', ...words].join(', ')],
        });
      }
      const next = made.next();
      choices = next === undefined ? undefined : new Choices(next);
    }
    return quiet;
  };

  const visit = ({ world, left, way }: Node): void => {
    if (world.violations.length > 0) fail(world.violations, way);
    const key = keyOf(world, left);
    if (seen.has(key)) return;
    seen.add(key);
    counted.depth = Math.max(counted.depth, way.length);
    open.push({ world: world.fork(), left, way });
  };

  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const { left, way } = node;
    const quiet = reconciled(node);
    if (quiet !== undefined) {
      const later = quiet.fork();
      if (later.step()) {
        counted.transitions++;
        visit({ world: later, left, way: [...way, `${later.now - quiet.now} ms`] });
      } else {
        counted.rests++;
        for (const outcome of outcomesOf(quiet.state)) {
          counted.outcomes[outcome] = (counted.outcomes[outcome] ?? 0) + 1;
        }
        try {
          atRest(quiet);
        } catch (error) {
          fail(error, way);
        }
      }
    }
    // Things happen between any two reconciles.
    for (const [index, event] of budget.events.entries()) {
      if ((left.events[index] ?? 0) === 0) continue;
      const other = (quiet ?? node.world).fork();
      other.happen(event);
      counted.transitions++;
      visit({
        world: other,
        left: { ...left, events: left.events.with(index, 0) },
        way: [...way, JSON.stringify(event)],
      });
    }
  }
  return { states: seen.size, ...counted };
};
