import type { GateStatus } from '../../api/canary-status.ts';
import { assertNever } from '../../lib/assert-never.ts';
import type { EventNote } from '../decision.ts';
import type { Observed } from '../observed.ts';
import { timeText } from '../time.ts';
import { type Answer, type AskedOfRun, byWhom, refused, told, withAction } from './answer.ts';

/** A gate's state in words. */
export const gateText = ({ state, by, reason }: GateStatus): string => {
  const why = reason === undefined ? '' : `: ${reason}`;
  switch (state) {
    case 'Waiting':
      return reason ?? 'it waits for an answer';
    case 'Open':
      return 'its hook has opened it';
    case 'Approved':
      return `${by ?? 'somebody'} has approved it${why}`;
    case 'Rejected':
      return `${by ?? 'somebody'} has rejected it${why}`;
    case 'Expired':
      return 'its time is over';
    default:
      return assertNever(state, 'gate');
  }
};

const noneWaiting = (gates: readonly GateStatus[], { action, run }: AskedOfRun): string => {
  const same = gates.findLast(({ name }) => name === action.gate);
  if (same !== undefined) return `gate "${same.name}" of run ${run.id} waits for nobody: ${gateText(same)}`;
  const waiting = gates.filter(({ state }) => state === 'Waiting').map(({ name }) => `"${name}"`);
  const there =
    waiting.length === 0 ? 'none waits' : `${waiting.join(' and ')} ${waiting.length === 1 ? 'waits' : 'wait'}`;
  return `run ${run.id} has come to no gate "${action.gate}": ${there}`;
};

/** Opens or shuts the gate that the run waits at, for this run and this time. */
export const decideGate = (observed: Observed, asked: AskedOfRun): Answer => {
  const { action, run, now } = asked;
  const gates = run.gates ?? [];
  const at = gates.findLastIndex(({ name, state }) => name === action.gate && state === 'Waiting');
  const gate = gates[at];
  if (gate === undefined) {
    return refused({ verb: action.verb, name: observed.canary.name }, noneWaiting(gates, asked));
  }
  const isOpened = action.verb === 'approve';
  const { reason: _said, ...rest } = gate;
  const decided: GateStatus = {
    ...rest,
    state: isOpened ? 'Approved' : 'Rejected',
    at: timeText(now),
    by: told(action.requestedBy),
    ...(action.reason === undefined ? {} : { reason: told(action.reason) }),
  };
  const message = `Gate "${gate.name}" of run ${run.id} is ${isOpened ? 'approved' : 'rejected'}${byWhom(action)}`;
  const event: EventNote = { reason: isOpened ? 'Approved' : 'ActionTaken', note: message };
  const next = withAction({ ...run, gates: gates.with(at, decided) }, asked);
  return { state: 'Done', message, status: { ...observed.status, run: next }, event };
};
