import type { CanarySpec } from '../../api/canary.ts';
import type { CanaryStatus, GateStatus, RunStatus } from '../../api/canary-status.ts';
import type { Webhook } from '../../api/webhook.ts';
import { reachesUsers } from '../exposing.ts';
import { CAPS } from '../limits.ts';
import { nextStep } from '../plan.ts';
import { timeMs, timeText } from '../time.ts';
import { hooksOf, patienceMs, typeOf } from './hooks-of.ts';

/** What holds a run up until somebody says yes. */
export type GateType = 'confirm-rollout' | 'confirm-traffic-increase' | 'confirm-promotion';

const isOpen = ({ state }: GateStatus): boolean => state === 'Open' || state === 'Approved';

/**
 * What the run has noted of a gate. One before more traffic counts for the weight that stands; when that comes to stand
 * anew, it is asked anew. Others count once for the whole run.
 */
const entryOf = ({ gates = [], step, weight }: RunStatus, hook: Webhook): GateStatus | undefined => {
  const counts = (gate: GateStatus): boolean =>
    gate.type !== 'confirm-traffic-increase' || (gate.step === step && timeMs(gate.since) >= timeMs(weight.since));
  return gates.findLast((gate) => gate.name === hook.name && gate.type === typeOf(hook) && counts(gate));
};

/** The first gate of a type that is not open for the run, in the order of the spec; the others wait their turn. */
export const nextGate = (spec: CanarySpec, run: RunStatus, type: GateType): Webhook | undefined =>
  hooksOf(spec, type).find((hook) => {
    const entry = entryOf(run, hook);
    return entry === undefined || !isOpen(entry);
  });

/** The gate before the run's next step: before more of the users' requests, or before the promotion after the last one. */
export const gateAhead = (spec: CanarySpec, run: RunStatus): Webhook | undefined => {
  const step = nextStep(spec, run);
  if (step === undefined) return nextGate(spec, run, 'confirm-promotion');
  const { weight, matched } = step;
  const isMore = reachesUsers({ set: weight, ...(matched === undefined ? {} : { matched }), since: '' });
  return isMore ? nextGate(spec, run, 'confirm-traffic-increase') : undefined;
};

/** True once the run has come to the gate and waits at it. */
export const hasCome = (run: RunStatus, gate: Webhook): boolean => entryOf(run, gate) !== undefined;

/** True when a gate that the run has come to, of those that stand before its next step, was opened. */
export const wasLetThrough = (spec: CanarySpec, run: RunStatus): boolean =>
  (['confirm-traffic-increase', 'confirm-promotion'] as const).some((type) =>
    hooksOf(spec, type).some((hook) => {
      const entry = entryOf(run, hook);
      return entry !== undefined && isOpen(entry);
    }),
  );

/** The run at a gate: from now on it is asked, and waited for until its deadline. */
export const atGate = (run: RunStatus, gate: Webhook, now: number): RunStatus => {
  if (hasCome(run, gate)) return run;
  const { gates = [], step } = run;
  // A clock that was set back must not make it count for the weight before.
  const since = Math.max(now, timeMs(run.weight.since));
  const entry: GateStatus = {
    name: gate.name,
    type: typeOf(gate),
    step,
    since: timeText(since),
    state: 'Waiting',
    deadline: timeText(since + patienceMs(gate)),
  };
  return { ...run, gates: [...gates, entry].slice(-CAPS.gates) };
};

const PHASES = {
  'confirm-rollout': 'Waiting',
  'confirm-traffic-increase': 'Progressing',
  'confirm-promotion': 'WaitingPromotion',
} as const;

/** The phase of a Canary whose run waits at a gate of this type. */
export const phaseAt = (type: GateType): NonNullable<CanaryStatus['phase']> => PHASES[type];

/** The gate that a run waits at; one that is over waits at none, whatever it had come to. */
export const waitingGate = ({ gates = [], outcome }: RunStatus): GateStatus | undefined =>
  outcome === undefined ? gates.findLast(({ state }) => state === 'Waiting') : undefined;

/** The run with more time at the gate that it waits at: `ms` did not count. */
export const gatesLater = (run: RunStatus, ms: number): RunStatus => {
  const { gates } = run;
  if (gates === undefined || waitingGate(run) === undefined) return run;
  const later = (gate: GateStatus): GateStatus =>
    gate.state !== 'Waiting' || gate.deadline === undefined
      ? gate
      : { ...gate, deadline: timeText(timeMs(gate.deadline) + ms) };
  return { ...run, gates: gates.map(later) };
};

/** The run on its way back: a gate that it waited at has not been decided, and is come to anew, with all its time. */
export const awayFromGates = (run: RunStatus): RunStatus => {
  if (waitingGate(run) === undefined) return run;
  return { ...run, gates: (run.gates ?? []).filter(({ state }) => state !== 'Waiting') };
};
