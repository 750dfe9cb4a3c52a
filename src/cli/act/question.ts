import type { CanaryStatus, RunStatus } from '../../api/canary-status.ts';
import type { Verb } from '../../api/words.ts';
import { assertNever } from '../../lib/assert-never.ts';
import { versionText } from '../../rollout/version-text.ts';

/** What of the users' requests the canary has. */
export const shareText = ({ set, mirror, matched }: RunStatus['weight']): string => {
  if (matched === true) return 'the requests that match';
  if (set === 0 && mirror !== undefined) return `a copy of ${mirror} % of the requests`;
  return set === 0 ? 'no traffic' : `${set} % of the traffic`;
};

const stableVersion = ({ stable }: CanaryStatus): string =>
  stable === undefined ? 'the primary' : versionText(stable.images, stable.revision);

/** What goes back when a run ends now. */
const loss = (status: CanaryStatus, run: RunStatus): string => {
  const version = versionText(run.images, run.revision);
  const share = shareText(run.weight);
  return share === 'no traffic'
    ? `${version} has no traffic yet`
    : `${share} goes back from ${version} to ${stableVersion(status)}`;
};

/**
 * What is asked before something that cannot be taken back, with the traffic that it concerns; undefined for what needs
 * no question. `after` is the status that the verb would lead to.
 */
export const questionOf = (
  verb: Verb,
  { status, after, gate }: { readonly status: CanaryStatus; readonly after: CanaryStatus; readonly gate?: string },
): string | undefined => {
  const { run } = status;
  if (run === undefined) return undefined;
  const version = versionText(run.images, run.revision);
  switch (verb) {
    case 'abort':
      return `Abort run ${run.id}? ${loss(status, run)}.`;
    case 'reject':
      return `Reject gate "${gate}" of run ${run.id}, which ends it? ${loss(status, run)}.`;
    case 'promoteFull':
      return `Promote ${version} without further analysis? It has ${shareText(run.weight)} and gets all of it.`;
    case 'promote':
      return after.run?.skipped === run.skipped
        ? undefined
        : `Go on from ${run.weight.set} % before ${version} has been judged there?`;
    case 'approve':
    case 'pause':
    case 'resume':
    case 'retry':
    case 'unquarantine':
      return undefined;
    default:
      return assertNever(verb, 'verb');
  }
};
