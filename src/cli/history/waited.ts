import type { RunRecord } from '../../api/canary-run.ts';
import type { Verb } from '../../api/words.ts';

type Span = { readonly from: number; readonly to: number };

/** What ends a pause. */
const GOES_ON: readonly Verb[] = ['resume', 'promote', 'promoteFull', 'abort'];

const pauses = ({ actions = [], endedAt }: RunRecord): readonly Span[] =>
  actions.flatMap(({ verb, at }, index) => {
    if (verb !== 'pause') return [];
    const end = actions.slice(index + 1).find((action) => GOES_ON.includes(action.verb));
    return [{ from: Date.parse(at), to: Date.parse(end?.at ?? endedAt) }];
  });

const waits = ({ gates = [], endedAt }: RunRecord): readonly Span[] =>
  gates.map(({ since, at }) => ({ from: Date.parse(since), to: Date.parse(at ?? endedAt) }));

/** How long a run has waited for people, at gates and in pauses, ms; what overlaps counts once. */
export const waitedMs = (record: RunRecord): number => {
  const spans = [...pauses(record), ...waits(record)].sort((a, b) => a.from - b.from);
  let total = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { from, to } of spans) {
    total += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return total;
};
