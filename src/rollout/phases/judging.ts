import type { CheckStatus, RunStatus } from '../../api/canary-status.ts';
import type { Webhook } from '../../api/webhook.ts';
import { type Judgement, judgeWindow, type Rule } from '../../judge/judge-window.ts';
import { conclude } from '../conclude.ts';
import type { MeasureEffect } from '../effect.ts';
import { hasPassed } from '../has-passed.ts';
import { atGate, gateAhead, hasCome, wasLetThrough } from '../hooks/gates.ts';
import { typeOf } from '../hooks/hooks-of.ts';
import { isHook, NO_HOOKS, type WindowHooks } from '../hooks/window-hooks.ts';
import { keepChecks, trimmed } from '../kept-checks.ts';
import { NO_EVIDENCE_HOLD_MS, NO_EVIDENCE_WINDOWS } from '../limits.ts';
import type { Observed } from '../observed.ts';
import { tell } from '../outbox.ts';
import { deadlineMs, loadOf, nextStep, planOf, windowsNeeded } from '../plan.ts';
import { problemsOf } from '../problems.ts';
import { withLevel } from '../proof-level.ts';
import { raise } from '../raise.ts';
import { checkText } from '../sentence.ts';
import { canaryCarries, canaryName, loadNow, primaryServes } from '../sides.ts';
import { stepBack } from '../step-back.ts';
import { spanText, timeMs, timeText } from '../time.ts';
import { type Turn, turn } from '../turn.ts';
import { promote } from './promoting.ts';

/** The answers over one window that has ended. */
export type Answers = {
  readonly window: MeasureEffect['window'];
  readonly asked: readonly Rule[];
  readonly checks: readonly CheckStatus[];
  /** Metrics of which no window of this length will ever tell anything. */
  readonly hopeless?: readonly string[];
  /** Of the hooks that were called in it. */
  readonly hooks?: WindowHooks;
};

/** Metrics that the Canary asks for and that nobody could resolve: they count, as not answered. */
const unresolved = ({ canary, metrics }: Observed): readonly Rule[] =>
  canary.spec.analysis.metrics
    .filter(({ name }) => !metrics.some((check) => check.name === name))
    .map(({ name, dryRun }) => ({ name, dryRun }));

/** A hook that has failed fails its window, as a metric does. */
const withHooks = (judgement: Judgement, { checks }: WindowHooks): Judgement => {
  const [first, ...more] = checks.filter(({ verdict }) => verdict === 'fail');
  if (first === undefined) return judgement;
  if (judgement.verdict !== 'fail') return { verdict: 'fail', failing: [first, ...more] };
  return { verdict: 'fail', failing: [...judgement.failing, first, ...more] };
};

/** Judges one window and takes the step that follows from it: up, hold, back, promotion or rollback. */
export const judgeStep = (observed: Observed, now: number, run: RunStatus, answers: Answers): Turn => {
  const { hooks = NO_HOOKS, hopeless = [] } = answers;
  const measured = answers.checks.map(trimmed);
  const checks = [...measured, ...hooks.checks];
  const judged: RunStatus = {
    ...hooks.noted(run),
    windowEnd: timeText(answers.window.to),
    checks,
    kept: keepChecks(run.kept, checks),
  };
  const judgement = withHooks(judgeWindow(measured, [...answers.asked, ...unresolved(observed)]), hooks);
  const proven = withLevel(observed, judged, judgement.verdict === 'pass');
  switch (judgement.verdict) {
    case 'pass':
      // What a hook has yet to say keeps the run where it is, and is no fault of the version.
      return hooks.isPending ? turn({ ...observed.status, run: withEvidence(proven) }) : onPass(observed, now, proven);
    case 'fail':
      return onFail(observed, now, proven, judgement.failing);
    case 'noEvidence':
      return onNoEvidence(observed, now, proven, { missing: judgement.missing, hopeless });
  }
};

/** The run without what it counted while evidence was missing; a hold for that ends with it. */
const withEvidence = (run: RunStatus): RunStatus => {
  const { consecutiveNoData: _count, noDataSince: _since, held: _held, ...rest } = run;
  return rest;
};

const onPass = (observed: Observed, now: number, judged: RunStatus): Turn => {
  const { consecutiveFailed: _failed, ...passed } = withEvidence(judged);
  const { spec } = observed.canary;
  const needed = windowsNeeded(spec, passed);
  const run: RunStatus = needed === 1 ? passed : { ...passed, passed: Math.min(needed, (passed.passed ?? 0) + 1) };
  const status = run.passed === undefined ? observed.status : { ...observed.status, iterations: run.passed };
  // What a person must put right first keeps the run where it is, and so does a pause.
  if (problemsOf(observed).length > 0 || run.paused !== undefined) return turn({ ...status, run });
  if (needed > 1 && (run.passed ?? 0) < needed) return turn({ ...status, run });
  return onward({ ...observed, status }, now, run);
};

/** The run waits at a gate where it is, and is judged meanwhile. */
const waitAt = (observed: Observed, now: number, run: RunStatus, gate: Webhook): Turn => {
  const { deadline: _deadline, ...rest } = run;
  const phase = typeOf(gate) === 'confirm-promotion' ? 'WaitingPromotion' : 'Progressing';
  return turn({ ...observed.status, phase, run: atGate(rest, gate, now) });
};

/** The next step, or the promotion; undefined while the canary cannot carry it. */
const stepOn = (observed: Observed, now: number, run: RunStatus): Turn | undefined => {
  const { spec } = observed.canary;
  const next = nextStep(spec, run);
  if (!canaryCarries(observed, run, next === undefined ? loadNow(run) : loadOf(next))) return undefined;
  const gate = gateAhead(spec, run);
  if (gate !== undefined) return waitAt(observed, now, run, gate);
  if (next !== undefined) return raise(observed, now, run);
  return !spec.pinImages || observed.side?.digests !== undefined ? promote(observed, now, run) : undefined;
};

/**
 * On to the next step between two windows: because a person has asked for it, whatever is left of this one, or because
 * the gate is open now that its windows had come to. Undefined while it must wait.
 */
export const advanced = (observed: Observed, now: number, run: RunStatus): Turn | undefined => {
  const { spec } = observed.canary;
  const isDue = run.advance !== undefined || (wasLetThrough(spec, run) && hasPassed(observed, run));
  if (!isDue || run.paused !== undefined || problemsOf(observed).length > 0) return undefined;
  const gate = gateAhead(spec, run);
  if (gate !== undefined && hasCome(run, gate)) return undefined;
  return stepOn(observed, now, run.advance === undefined ? run : withEvidence(run));
};

/** Every window of the step has passed: the run goes on as soon as the canary can carry it. */
const onward = (observed: Observed, now: number, run: RunStatus): Turn => {
  const { spec } = observed.canary;
  const next = stepOn(observed, now, run);
  if (next !== undefined) return next;
  const deadline = run.deadline ?? timeText(now + deadlineMs(spec));
  if (now >= timeMs(deadline)) {
    const why = observed.side?.waiting ?? 'its image digests are not known';
    const reason = `${canaryName(observed)} was not ready within ${spec.progressDeadlineSeconds} s: ${why}`;
    return conclude(observed, now, run, { outcome: 'RolledBack', cause: 'DeadlineExceeded', reason });
  }
  return turn({ ...observed.status, run: { ...run, deadline } });
};

type Failing = Extract<Judgement, { verdict: 'fail' }>['failing'];

/** The limit that the failures so far have reached, in words; undefined while more are allowed. */
const limitReached = ({ canary, metrics, status }: Observed, run: RunStatus): string | undefined => {
  const { threshold, consecutiveThreshold = Number.POSITIVE_INFINITY } = canary.spec.analysis;
  const { failedChecks = 0 } = status;
  const { consecutiveFailed = 0, metricFailures = {} } = run;
  if (failedChecks >= threshold) return `${failedChecks} of ${threshold} failed windows`;
  if (consecutiveFailed >= consecutiveThreshold) {
    return `${consecutiveFailed} of ${consecutiveThreshold} failed windows in a row`;
  }
  for (const { name, failureLimit = Number.POSITIVE_INFINITY } of metrics) {
    const failures = metricFailures[name] ?? 0;
    if (failures >= failureLimit) return `${failures} of ${failureLimit} failures of ${name}`;
  }
  return undefined;
};

const onFail = (observed: Observed, now: number, judged: RunStatus, failing: Failing): Turn => {
  const failedChecks = (observed.status.failedChecks ?? 0) + 1;
  const metricFailures: Record<string, number> = { ...judged.metricFailures };
  for (const { name } of failing) metricFailures[name] = (metricFailures[name] ?? 0) + 1;
  const { advance: _advance, ...rest } = withEvidence(judged);
  const run: RunStatus = {
    ...rest,
    consecutiveFailed: (judged.consecutiveFailed ?? 0) + 1,
    metricFailures,
  };
  const counted: Observed = { ...observed, status: { ...observed.status, failedChecks, run } };
  const words = failing.map(checkText).join(', ');
  const limit = limitReached(counted, run);
  if (limit !== undefined) {
    const reason = `${words} (${limit})`;
    const cause = failing.every(({ name }) => isHook(name)) ? 'HookFailed' : 'ThresholdReached';
    return conclude(counted, now, run, { outcome: 'RolledBack', cause, reason });
  }
  const { threshold } = observed.canary.spec.analysis;
  const note = `${words} at ${run.weight.set}% (${failedChecks} of ${threshold} failed windows)`;
  return turn(counted.status, { events: [{ reason: 'CheckFailed', note }] });
};

type Missing = { readonly missing: Failing; readonly hopeless: readonly string[] };

const HOPELESS = 'No window can be judged: ';

/**
 * What a person has to decide about, in words: at once where later windows will tell no more than this one, else after
 * a while. What was said of a length that the windows had before gives way to that.
 */
const holdOf = (run: RunStatus, waitedMs: number, { missing, hopeless }: Missing): string | undefined => {
  const blind = missing.filter(({ name }) => hopeless.includes(name));
  if (blind.length > 0) return `${HOPELESS}${blind.map(checkText).join(', ')}`;
  if (waitedMs < NO_EVIDENCE_HOLD_MS || run.held?.startsWith(HOPELESS) === false) return run.held;
  return `No evidence for ${spanText(waitedMs)}: ${missing.map(checkText).join(', ')}`;
};

const onNoEvidence = (observed: Observed, now: number, judged: RunStatus, given: Missing): Turn => {
  const { missing } = given;
  const count = (judged.consecutiveNoData ?? 0) + 1;
  const since = judged.noDataSince ?? timeText(now);
  const run: RunStatus = { ...judged, consecutiveNoData: count, noDataSince: since };
  const words = missing.map(checkText).join(', ');
  const reason = missing.some(({ verdict }) => verdict === 'error') ? 'MetricsUnavailable' : 'NoData';
  const first = planOf(observed.canary.spec).find(({ weight }) => weight > 0)?.weight ?? 100;
  if (count >= NO_EVIDENCE_WINDOWS && run.weight.set > first && primaryServes(observed)) {
    return stepBack(observed, now, run);
  }
  const held = holdOf(run, now - timeMs(since), given);
  if (held !== undefined && run.held === undefined) {
    const status = { ...observed.status, run: { ...run, held } };
    return turn(tell(observed, status, { topic: 'held', run: run.id, now }), {
      events: [{ reason: 'Held', note: held }],
    });
  }
  const events = count === 1 ? [{ reason, note: `Weight held at ${run.weight.set}%: ${words}` } as const] : [];
  // Held already, perhaps for what is no longer so: people are told once.
  return turn({ ...observed.status, run: held === undefined ? run : { ...run, held } }, { events });
};
