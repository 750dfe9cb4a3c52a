import type { CanaryStatus } from '../../api/canary-status.ts';
import { hasEnded } from '../history.ts';
import type { Observed } from '../observed.ts';
import { type Rejection, rejection } from '../rejection.ts';
import { primaryName } from '../sides.ts';
import { type Answer, type Asked, actionEntry, byWhom, refused } from './answer.ts';

const withoutQuarantine = (status: CanaryStatus, id: string | undefined): CanaryStatus => ({
  ...status,
  quarantine: status.quarantine.filter(({ revision }) => revision !== id),
});

/** Why the revision that Git asks for does not run; undefined when it does, or is none. */
const standing = (observed: Observed): Rejection | undefined => {
  const { target, status } = observed;
  const wanted = target?.revision;
  return wanted === undefined || wanted.id === status.stable?.revision ? undefined : rejection(observed, wanted);
};

const whyNoRetry = (observed: Observed, { action }: Asked): string | undefined => {
  const { status, target, canary } = observed;
  const { run, desired, outbox } = status;
  if (run !== undefined && !hasEnded(run)) return `run ${run.id} is going on`;
  const wanted = target?.revision;
  if (wanted === undefined) return `the target's revision is not known: ${target?.waiting ?? 'it is not there'}`;
  if (wanted.id !== action.revision) {
    return `Git asks for ${wanted.id} now: push ${action.revision} again, after serin unquarantine ${canary.name} --revision ${action.revision}`;
  }
  if (wanted.id === status.stable?.revision) return `${primaryName(observed)} serves ${wanted.id} already`;
  if (standing(observed) === undefined) return `${wanted.id} has not been rejected: its run begins by itself`;
  const onItsWay = outbox.some(
    (entry) => entry.kind === 'revert' && entry.state === 'Pending' && entry.run === desired?.run,
  );
  return onItsWay ? `its revert is on its way to Git: push ${wanted.id} again when Git has it` : undefined;
};

/** Runs the revision that Git asks for once more, although it was rejected. */
export const retry = (observed: Observed, asked: Asked): Answer => {
  const { action } = asked;
  const { status, canary } = observed;
  const why = whyNoRetry(observed, asked);
  const { desired } = status;
  if (why !== undefined || desired === undefined) {
    return refused({ verb: action.verb, name: canary.name }, why ?? 'Git asks for nothing yet');
  }
  const { run: _judged, ...rest } = desired;
  const message = `Revision ${desired.revision} is run again`;
  return {
    state: 'Done',
    message,
    status: withoutQuarantine({ ...status, desired: { ...rest, retry: actionEntry(asked) } }, desired.revision),
    event: { reason: 'ActionTaken', note: `${message}: asked for${byWhom(action)}` },
  };
};

/** Lets a revision that was quarantined run when it is asked for. What was rejected where it stands stays so. */
export const unquarantine = (observed: Observed, asked: Asked): Answer => {
  const { action } = asked;
  const { status, canary, target } = observed;
  if (!status.quarantine.some(({ revision }) => revision === action.revision)) {
    const held = status.quarantine.map(({ revision }) => revision).join(', ') || 'none';
    return refused(
      { verb: action.verb, name: canary.name },
      `${action.revision} is not quarantined; quarantined: ${held}`,
    );
  }
  const free = withoutQuarantine(status, action.revision);
  const isWanted = target?.revision?.id === action.revision;
  const isRejected = isWanted && standing({ ...observed, status: free }) !== undefined;
  const next = isRejected
    ? `it runs when it is pushed again, or by serin retry ${canary.name}`
    : isWanted
      ? 'Git asks for it, so that it runs now'
      : 'it runs when Git asks for it again';
  const message = `Revision ${action.revision} is not quarantined any more: ${next}`;
  return {
    state: 'Done',
    message,
    status: free,
    event: { reason: 'ActionTaken', note: `${message}; asked for${byWhom(action)}` },
  };
};
