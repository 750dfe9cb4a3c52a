import type { CanarySpec } from '../api/canary.ts';
import type { RunStatus } from '../api/canary-status.ts';
import { strategyOf } from '../api/strategy.ts';
import { sameJson } from '../lib/json.ts';
import { movedAffinity, newAffinity } from './affinity.ts';
import { askedMatches } from './asked-matches.ts';
import { endStep } from './conclude.ts';
import type { EventNote } from './decision.ts';
import { exposureOf } from './exposing.ts';
import { keeping } from './keeping.ts';
import { CAPS } from './limits.ts';
import type { Observed } from './observed.ts';
import { deadlineMs, planOf } from './plan.ts';
import { primaryServes } from './sides.ts';
import { stepText } from './step-text.ts';
import { timeText } from './time.ts';
import { type Turn, turn } from './turn.ts';
import { upkeepWithPrimary } from './upkeep.ts';

/** What an edited spec makes of a run: never more for the canary than it has. */
type Change = { readonly run: RunStatus; readonly what: string };

/** Another strategy: the run begins anew with it, without traffic. */
const begunAnew = (run: RunStatus, spec: CanarySpec, now: number): Change => {
  const at = timeText(now);
  const strategy = strategyOf(spec);
  const { windowEnd: _w, held: _h, passed: _p, match: _m, affinity: _a, ...rest } = run;
  const affinity = strategy === 'canary' ? newAffinity(spec, run, now) : undefined;
  return {
    run: {
      ...rest,
      strategy,
      ...(strategy === 'abTest' ? { match: askedMatches(spec) } : {}),
      ...(affinity === undefined ? {} : { affinity }),
      stage: 'scaling',
      stageSince: at,
      step: 0,
      weight: { set: 0, since: at },
      steps: endStep(run.steps, now),
      deadline: timeText(now + deadlineMs(spec)),
    },
    what: `the strategy is ${strategy} now, ${run.strategy} before: the run begins anew`,
  };
};

/** The same strategy with other steps: a weight or mirror above all of them is lowered. */
const lowered = (run: RunStatus, spec: CanarySpec, now: number): Change => {
  const plan = planOf(spec);
  const { set, mirror, ...weight } = run.weight;
  const highest = Math.max(...plan.map((step) => step.weight));
  if (set > highest) {
    const to = Math.max(0, ...plan.map((step) => step.weight).filter((step) => step <= set));
    const index = plan.find((step) => step.weight === to)?.index ?? run.step;
    const since = timeText(now);
    const { windowEnd: _windowEnd, ...rest } = run;
    return {
      run: {
        ...rest,
        ...movedAffinity(run, to, now),
        step: index,
        weight: { set: to, since },
        steps: [...endStep(run.steps, now), { index, weight: to, from: since }].slice(-CAPS.steps),
      },
      what: `the highest step is ${highest} % now: weight ${set} % -> ${to} %`,
    };
  }
  const mirrored = plan.find((step) => step.weight === 0)?.mirror ?? 0;
  if (mirror !== undefined && mirror > mirrored) {
    const less = { ...weight, set, ...(mirrored === 0 ? {} : { mirror: mirrored }) };
    return {
      run: { ...run, weight: less },
      what: `${mirrored} % of the requests are mirrored now, ${mirror} % before`,
    };
  }
  const [step] = plan.filter(({ index }) => index === run.step);
  const at = set > 0 ? `${set} %` : step === undefined ? 'its start' : stepText(step);
  const isMatched = run.match === undefined || sameJson(run.match, askedMatches(spec));
  const matches = isMatched ? '' : '; the new match counts from the next run';
  return { run, what: `the run goes on at ${at} by the new spec${matches}` };
};

/**
 * Takes up an edited spec in the middle of a run: from this decision on it counts, and the run notes what it meant. What
 * the canary gets is lowered at once where the new spec has less, never raised. Undefined when nothing was edited, and
 * for a promotion under way, which is brought to its end as it was judged.
 */
export const specChange = (observed: Observed, now: number, run: RunStatus): Turn | undefined => {
  const { canary, status } = observed;
  const { generation, spec } = canary;
  if (run.generation === undefined || run.generation === generation) return undefined;
  const isJudged = run.stage === 'scaling' || run.stage === 'shifting';
  const { run: next, what } = !isJudged
    ? { run, what: 'the promotion under way is brought to its end' }
    : strategyOf(spec) === run.strategy
      ? lowered(run, spec, now)
      : begunAnew(run, spec, now);
  const changes = [...(run.changes ?? []), { at: timeText(now), generation, what }].slice(-CAPS.changes);
  const events: readonly EventNote[] = [{ reason: 'SpecChanged', note: `Generation ${generation}: ${what}` }];
  const changed = exposureOf(next);
  const isLess = next.weight !== run.weight;
  // Nobody could take what the canary has: it keeps that until the primary is back, and nothing goes on meanwhile.
  if (isLess && !primaryServes(observed)) {
    const upkeep = status.stable === undefined ? [] : upkeepWithPrimary(observed, status.stable);
    return keeping(observed, turn(status), { exposure: exposureOf(run), mayRaise: false, upkeep });
  }
  return turn(
    { ...status, ...(next.stage === run.stage ? {} : { phase: 'Progressing' }), run: { ...next, generation, changes } },
    { before: isLess ? [{ type: 'setRoute', ...changed }] : [], events },
  );
};
