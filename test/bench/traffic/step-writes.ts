import { type Call, isEvent, isRead } from '../../cluster/world/audit.ts';

const isWrite = (call: Call): boolean => !isRead(call) && !isEvent(call);
const objectOf = ({ resource, name }: Call): string => `${resource} ${name}`;

/** What Serin wrote in a run. */
export type StepWrites = {
  /** Writes of the object that has the weight. */
  readonly route: number;
  /** The calls of each step but the last, which the promotion follows: from the write of its weight to the next one's. */
  readonly steps: readonly (readonly Call[])[];
  /** Most writes of one object in one step. */
  readonly most: { readonly object: string; readonly writes: number };
};

/** Takes the calls of a run apart by the writes of the object that has the weight. */
export const stepWrites = (
  calls: readonly Call[],
  { resource, steps: count }: { readonly resource: string; readonly steps: number },
): StepWrites => {
  const shifts = calls.flatMap((call, index) => (isWrite(call) && call.resource === resource ? [index] : []));
  const steps = Array.from({ length: count - 1 }, (_, index) => calls.slice(shifts[index], shifts[index + 1]));
  const counts = steps.flatMap((step) => {
    const of = new Map<string, number>();
    for (const call of step.filter(isWrite)) of.set(objectOf(call), (of.get(objectOf(call)) ?? 0) + 1);
    return [...of].map(([object, writes]) => ({ object, writes }));
  });
  const most = counts.reduce((a, b) => (b.writes > a.writes ? b : a), { object: 'none', writes: 0 });
  return { route: shifts.length, steps, most };
};
