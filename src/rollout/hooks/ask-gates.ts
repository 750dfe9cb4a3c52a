import type { GateStatus, RunStatus } from '../../api/canary-status.ts';
import type { Webhook } from '../../api/webhook.ts';
import type { EventNote } from '../decision.ts';
import type { Observed } from '../observed.ts';
import { tell } from '../outbox.ts';
import { intervalMs } from '../plan.ts';
import { problemsOf } from '../problems.ts';
import { spanText, timeMs, timeText } from '../time.ts';
import { type Asked, asked, soonest } from './asked.ts';
import { waitingGate } from './gates.ts';
import { answerTo, beat, callNow, type HookAnswer } from './hook-call.ts';
import { hookEffect, payloadOf } from './hook-effect.ts';
import { hooksOf } from './hooks-of.ts';
import { isKnown, noteAnswer } from './note-answer.ts';

/** Why a gate without an address does not open by itself. */
const FOR_A_PERSON = 'a person has to open it';

const withGate = (run: RunStatus, gate: GateStatus, parts: Partial<GateStatus>): RunStatus => ({
  ...run,
  gates: (run.gates ?? []).map((known) => (known === gate ? { ...gate, ...parts } : known)),
});

/** It is said once that a gate waits: as an event, and to people unless the hook is muted. */
const tellWaiting = (observed: Observed, run: RunStatus, gate: GateStatus, hook: Webhook, now: number): Asked => {
  const events: readonly EventNote[] = [
    { reason: 'GateWaiting', note: `Run ${run.id} waits for gate "${gate.name}" (${gate.type}): ${gate.reason ?? ''}` },
  ];
  const waiting = asked({ status: observed.status, run }, { events });
  if (hook.muteAlert === true) return waiting;
  return { ...waiting, status: tell(observed, waiting.status, { topic: 'gate', run: run.id, now }) };
};

/** The run still waits, for this reason; told when it is the first one. */
const stillWaiting = (
  observed: Observed,
  run: RunStatus,
  {
    gate,
    hook,
    reason,
    now,
  }: { readonly gate: GateStatus; readonly hook: Webhook; readonly reason: string; readonly now: number },
): Asked => {
  if (gate.reason === reason) return asked({ status: observed.status, run });
  const waits = { ...gate, reason };
  const next = withGate(run, gate, { reason });
  return gate.reason === undefined
    ? tellWaiting(observed, next, waits, hook, now)
    : asked({ status: observed.status, run: next });
};

const opened = (observed: Observed, run: RunStatus, gate: GateStatus, { detail, at }: HookAnswer): Asked => {
  const next = withGate(run, gate, { state: 'Open', at: timeText(at), reason: detail });
  const note = `Gate "${gate.name}" (${gate.type}) of run ${run.id} is open: ${detail}`;
  return asked({ status: observed.status, run: next }, { events: [{ reason: 'GateOpened', note }] });
};

/** Asks the gate that the run waits at, once in every interval. */
const ask = (
  observed: Observed,
  now: number,
  run: RunStatus,
  { gate, hook }: { gate: GateStatus; hook: Webhook },
): Asked => {
  if (hook.url === undefined) return stillWaiting(observed, run, { gate, hook, reason: FOR_A_PERSON, now });
  const time = beat(timeMs(gate.since), intervalMs(observed.canary.spec), now);
  const key = callNow(observed, run, hook, time.at);
  const answer = answerTo(observed, key);
  const noted = answer === undefined || isKnown(run, hook, answer) ? run : noteAnswer(run, hook, answer);
  if (answer?.passed === true) return opened(observed, noted, gate, answer);
  const phase = gate.type === 'confirm-rollout' ? 'Waiting' : 'Progressing';
  const effect = hookEffect(observed, hook, { key, payload: payloadOf(observed, hook, { phase, run }) });
  const effects = effect === undefined ? [] : [effect];
  const waiting =
    answer === undefined
      ? asked({ status: observed.status, run: noted })
      : stillWaiting(observed, noted, { gate, hook, reason: answer.detail, now });
  return { ...waiting, effects, wakeAt: time.next };
};

const rejected = ({ name, by, reason }: GateStatus): string =>
  `gate "${name}" was rejected by ${by ?? 'somebody'}${reason === undefined ? '' : `: ${reason}`}`;

/** Nobody has opened it in time: the run is over, whatever it waits for. */
const expired = (observed: Observed, run: RunStatus, gate: GateStatus, now: number): Asked => {
  const waited = spanText(now - timeMs(gate.since));
  const why = gate.reason === undefined ? '' : `: ${gate.reason}`;
  const reason = `gate "${gate.name}" (${gate.type}) was not opened within ${waited}${why}`;
  const next = withGate(run, gate, { state: 'Expired', at: timeText(now) });
  return asked(
    { status: observed.status, run: next },
    { ending: { outcome: 'RolledBack', cause: 'DeadlineExceeded', reason } },
  );
};

/** The Canary asks for the gate no longer: nothing is waited for. */
const dropped = (observed: Observed, run: RunStatus, gate: GateStatus, now: number): Asked => {
  const reason = 'the Canary asks for it no longer';
  return asked({ status: observed.status, run: withGate(run, gate, { state: 'Open', at: timeText(now), reason }) });
};

/**
 * The gate that the run waits at: asked once in every interval until it says yes, told of once, given up at its
 * deadline. A person who approves or rejects it has the last word. While the run is paused nothing is asked and no time
 * counts.
 */
export const askGates = (observed: Observed, now: number, run: RunStatus): Asked => {
  const here = { status: observed.status, run };
  const no = run.gates?.find(({ state }) => state === 'Rejected');
  if (no !== undefined) {
    return asked(here, { ending: { outcome: 'Aborted', cause: 'OperatorAbort', reason: rejected(no) } });
  }
  const gate = waitingGate(run);
  if (gate === undefined || run.paused !== undefined) return asked(here);
  const hook = hooksOf(observed.canary.spec, gate.type).find(({ name }) => name === gate.name);
  if (hook === undefined) return dropped(observed, run, gate, now);
  const result = ask(observed, now, run, { gate, hook });
  const deadline = gate.deadline === undefined ? undefined : timeMs(gate.deadline);
  const isOpen = waitingGate(result.run) === undefined;
  // An answer that has come in time counts; what a person must put right first is no time of theirs.
  const isOver = deadline !== undefined && now >= deadline && problemsOf(observed).length === 0;
  if (!isOpen && isOver) return expired(observed, run, gate, now);
  const wakeAt = soonest(now, result.wakeAt, deadline);
  return isOpen || wakeAt === undefined ? result : { ...result, wakeAt };
};
