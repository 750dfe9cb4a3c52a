import { inWords, isEvent, isRead } from '../../cluster/world/audit.ts';
import { type Measure, numberText } from '../measure.ts';
import { type GoodRelease, STEP_WEIGHTS } from './good-release.ts';
import type { MeasuredPlane } from './planes.ts';
import { QUICK_PER_SECOND, SLOW_IN_FLIGHT } from './steady-users.ts';
import { stepWrites } from './step-writes.ts';

/** DESIGN §8, of five steps. */
const MOST_CALLS_OF_A_RUN = 40;

/** What one good release says: requests that were lost, and what Serin wrote. */
export const releaseMeasures = ({ plane, resource }: MeasuredPlane, release: GoodRelease): readonly Measure[] => {
  const { quick, slow, longestGapMs, outcome, sentence, tookMs, calls } = release;
  const counted = (name: string, of: { value: number; budget: number; unit: string; detail: string }): Measure => {
    const { value, budget, ...rest } = of;
    return {
      name: `${plane}: ${name}`,
      budget: budget === 0 ? '0' : `≤ ${budget}`,
      value,
      held: value <= budget,
      ...rest,
    };
  };
  const count = STEP_WEIGHTS.length;
  const { route, steps, most } = stepWrites(calls, { resource, steps: count });
  const rules = calls.filter((call) => call.resource === 'destinationrules').length;
  const inSteps = steps.flat();
  const reads = inSteps.filter(isRead).length;
  const events = inSteps.filter(isEvent).length;
  return [
    {
      name: `${plane}: good release in ${count} steps`,
      budget: 'Promoted',
      value: Math.round(tookMs / 100) / 10,
      unit: `s, ${outcome}`,
      held: outcome === 'Promoted',
      detail: `${STEP_WEIGHTS.join(', ')} %; ${sentence}`,
    },
    counted('requests lost in it', {
      value: quick.failures,
      budget: 0,
      unit: 'requests',
      detail: `of ${quick.requests}, ${QUICK_PER_SECOND} a second; longest time without an answer ${numberText(Math.round(longestGapMs))} ms`,
    }),
    counted('requests of 3 s lost in it', {
      value: slow.failures,
      budget: 0,
      unit: 'requests',
      detail: `of ${slow.requests}, ${SLOW_IN_FLIGHT} under way at any moment`,
    }),
    counted('writes of the weight in it', {
      value: route,
      budget: count + 1,
      unit: `${resource}`,
      detail: `1 for each of ${count} steps, 1 back to 0 %`,
    }),
    counted('writes of one object per step, at most', {
      value: most.writes,
      budget: 1,
      unit: 'writes',
      detail: `${steps.length} steps: ${inWords(inSteps)}; ${events} events (≤ ${steps.length}), ${reads} reads (0)`,
    }),
    counted('API calls of the whole run', {
      value: calls.length,
      budget: MOST_CALLS_OF_A_RUN,
      unit: 'calls',
      detail: inWords(calls),
    }),
    ...(plane === 'VirtualService'
      ? [counted('DestinationRules written in it', { value: rules, budget: 0, unit: 'writes', detail: 'they stand' })]
      : []),
  ];
};
