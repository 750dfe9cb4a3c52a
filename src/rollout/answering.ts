import type { CanaryStatus, RunStatus } from '../api/canary-status.ts';
import { reachesUsers } from './exposing.ts';
import type { Observed } from './observed.ts';
import { canaryName, canaryServes, primaryName, primaryServes } from './sides.ts';

/** Its autoscaler has taken the primary's last pod because there is nothing to do, as it is allowed to. */
const isAsleep = ({ primary, autoscaler }: Observed): boolean =>
  primary?.replicas === 0 && autoscaler !== undefined && (autoscaler.idle ?? autoscaler.min) === 0;

/** Somebody answers users: the primary, or the canary that has taken everything while the primary changes. */
export const serves = (observed: Observed, { run }: CanaryStatus): boolean =>
  primaryServes(observed) || (run?.weight.set === 100 && canaryServes(observed, run)) || isAsleep(observed);

/** Why the primary answers nobody. */
export const whyDown = (observed: Observed): string =>
  `${primaryName(observed)} has no ready pod: ${observed.primary?.waiting ?? 'it is gone, or its Service is'}`;

const shareOf = ({ weight }: RunStatus): string =>
  weight.matched === true ? 'the requests that match' : `${weight.set} % of the requests`;

/** What is said of it: who is left to answer, and that nothing is moved to where less of it works. */
export const outageText = (observed: Observed, { run }: CanaryStatus): string => {
  const gets = run === undefined || !reachesUsers(run.weight) ? undefined : run;
  const left =
    gets === undefined
      ? 'no request is answered'
      : canaryServes(observed, gets)
        ? `only ${canaryName(observed)} answers, with ${shareOf(gets)}`
        : `neither does ${canaryName(observed)}`;
  return `${whyDown(observed)}; ${left}`;
};
