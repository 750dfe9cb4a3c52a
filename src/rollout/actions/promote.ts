import type { RunStatus } from '../../api/canary-status.ts';
import { hasPassed } from '../has-passed.ts';
import type { Observed } from '../observed.ts';
import { resumed } from '../pause.ts';
import { checkText } from '../sentence.ts';
import { canaryName, primaryName } from '../sides.ts';
import { versionText } from '../version-text.ts';
import { type Answer, type AskedOfRun, becauseOf, byWhom, refused, told, withAction } from './answer.ts';
import { gateText } from './gates.ts';

/** What keeps a run from going on, whoever asks; undefined when nothing does. */
const obstacle = (observed: Observed, run: RunStatus): string | undefined => {
  const { canary } = observed;
  if (run.stage === 'promoting' || run.stage === 'returning' || run.stage === 'ending') {
    return `${primaryName(observed)} is getting ${versionText(run.images, run.revision)} already`;
  }
  if (canary.spec.suspend === true) return 'spec.suspend is true: set it to false first';
  const gate = run.gates?.findLast(({ state }) => state === 'Waiting');
  if (gate !== undefined) {
    return `gate "${gate.name}" of run ${run.id} is not open: ${gateText(gate)}; to open it: serin approve ${canary.name} ${gate.name}`;
  }
  return run.fast === undefined ? undefined : `it is promoted already as soon as the canary is ready: ${run.fast}`;
};

/** What only keeps it from its next step. */
const obstacleOfStep = (observed: Observed, run: RunStatus): string | undefined => {
  const { route, side, canary } = observed;
  const isFull = `to promote it without further analysis: serin promote ${canary.name} --full`;
  if (run.stage === 'scaling') {
    return `${canaryName(observed)} is not ready: ${side?.waiting ?? 'its pods are starting'}; the run goes on as soon as it is`;
  }
  if (route.acceptance === 'refused') return `the route is not accepted: ${route.detail}`;
  if (run.advance !== undefined) return `it is going on to its next step already, as ${run.advance} has asked`;
  if ((run.consecutiveFailed ?? 0) > 0) {
    const failed = run.checks.filter(({ verdict, dryRun }) => verdict === 'fail' && dryRun !== true).map(checkText);
    return `the last window at ${run.weight.set} % has failed: ${failed.join(', ')}; the next one decides, or ${isFull}`;
  }
  return undefined;
};

/** Goes on to the next step at once, past a pause and what is left of this step; never past a gate or a failed window. */
export const promote = (observed: Observed, asked: AskedOfRun): Answer => {
  const { action, run, now } = asked;
  const why = obstacle(observed, run) ?? obstacleOfStep(observed, run);
  if (why !== undefined) return refused({ verb: action.verb, name: observed.canary.name }, why);
  const isSkipped = run.skipped === undefined && !hasPassed(observed, run);
  const next: RunStatus = {
    ...withAction(resumed(run, now), asked),
    advance: told(action.requestedBy),
    ...(isSkipped ? { skipped: `not judged at ${run.weight.set} %: ${becauseOf(action)}` } : {}),
  };
  const message = `Run ${run.id} goes on from ${run.weight.set} % to its next step`;
  return {
    state: 'Done',
    message,
    status: { ...observed.status, run: next },
    event: { reason: 'ActionTaken', note: `${message}: promoted${byWhom(action)}` },
  };
};

/** Promotes without further analysis, as soon as the canary is ready; never past a gate. */
export const promoteFull = (observed: Observed, asked: AskedOfRun): Answer => {
  const { action, run, now } = asked;
  const why = obstacle(observed, run);
  if (why !== undefined) return refused({ verb: action.verb, name: observed.canary.name }, why);
  const next: RunStatus = { ...withAction(resumed(run, now), asked), fast: becauseOf(action) };
  const message = `Run ${run.id} is promoted without further analysis as soon as ${canaryName(observed)} is ready`;
  return {
    state: 'Done',
    message,
    status: { ...observed.status, run: next },
    event: { reason: 'ActionTaken', note: `${message}: asked for${byWhom(action)}` },
  };
};
