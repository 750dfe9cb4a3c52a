import type { Observed } from '../observed.ts';
import { paused, resumed } from '../pause.ts';
import { primaryName } from '../sides.ts';
import { versionText } from '../version-text.ts';
import { type Answer, type AskedOfRun, byWhom, refused, told, withAction } from './answer.ts';

/** Keeps the run where it is until somebody resumes it. It is judged all the same, and taken back when it fails. */
export const pause = (observed: Observed, asked: AskedOfRun): Answer => {
  const { action, run, now } = asked;
  const of = { verb: action.verb, name: observed.canary.name };
  if (run.stage !== 'scaling' && run.stage !== 'shifting') {
    const version = versionText(run.images, run.revision);
    return refused(of, `${primaryName(observed)} is getting ${version} already, which is brought to its end`);
  }
  if (run.paused?.by !== undefined) {
    const why = run.paused.reason === undefined ? '' : `: ${run.paused.reason}`;
    return refused(of, `${run.paused.by} has paused run ${run.id} already${why}`);
  }
  const who = { by: told(action.requestedBy), ...(action.reason === undefined ? {} : { reason: told(action.reason) }) };
  const since = run.paused?.since;
  const stopped = paused(run, { ...who, now });
  const next = since === undefined ? stopped : { ...stopped, paused: { ...who, since } };
  const message = `Run ${run.id} is paused at ${run.weight.set} %${byWhom(action)}`;
  return {
    state: 'Done',
    message,
    status: { ...observed.status, run: withAction(next, asked) },
    event: { reason: 'Paused', note: message },
  };
};

/** Ends a pause. What else the run waits for goes on as it is: a gate, or evidence. */
export const resume = (observed: Observed, asked: AskedOfRun): Answer => {
  const { action, run, now } = asked;
  const { canary, status } = observed;
  const of = { verb: action.verb, name: canary.name };
  if (canary.spec.suspend === true) return refused(of, 'spec.suspend is true: set it to false');
  if (run.paused === undefined) {
    const held =
      run.held === undefined
        ? ''
        : `, it is held: ${run.held}; to go on all the same: serin promote ${canary.name}; to end it: serin abort ${canary.name}`;
    return refused(of, `run ${run.id} is not paused${held}`);
  }
  const message = `Run ${run.id} goes on at ${run.weight.set} %`;
  return {
    state: 'Done',
    message,
    status: { ...status, run: withAction(resumed(run, now), asked) },
    event: { reason: 'Resumed', note: `${message}: resumed${byWhom(action)}` },
  };
};
