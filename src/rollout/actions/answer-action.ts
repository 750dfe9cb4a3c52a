import { assertNever } from '../../lib/assert-never.ts';
import type { Observed } from '../observed.ts';
import { problemText } from '../problems.ts';
import { stampOf } from '../stamp.ts';
import { renamed } from '../taken-over.ts';
import { timeText } from '../time.ts';
import { abort } from './abort.ts';
import { type Answer, type Asked, type AskedOfRun, refused } from './answer.ts';
import { boundRun } from './bound-run.ts';
import { decideGate } from './gates.ts';
import { pause, resume } from './pausing.ts';
import { promote, promoteFull } from './promote.ts';
import { retry, unquarantine } from './retrying.ts';

/** How long an action counts that does not say so, unless it only lowers or holds; ms. */
const COUNTS_MS = 3_600_000;

/** Until when an action counts, ms since the epoch. What lowers or holds counts for as long as the run it is bound to. */
const countsUntil = ({ verb, createdAt, expiresAt }: Asked['action']): number => {
  if (expiresAt !== undefined) return expiresAt;
  return verb === 'abort' || verb === 'pause' || verb === 'reject' ? Number.POSITIVE_INFINITY : createdAt + COUNTS_MS;
};

/** An abort whose lowered weight stands on the route already is brought to its end, however late it has become. */
const isBegun = ({ route, status: { run } }: Observed, { action }: Asked): boolean => {
  const stamp = action.verb !== 'abort' || run === undefined ? undefined : stampOf(run, route.stamp);
  return stamp?.kind === 'outcome' && stamp.outcome === 'Aborted';
};

/** Why nothing is acted on, whatever is asked for. */
const obstacle = (observed: Observed, asked: Asked): string | undefined => {
  if (observed.canary.deleting) return 'it is being deleted';
  const moved = renamed(observed);
  if (moved.length > 0) return problemText(moved);
  const until = countsUntil(asked.action);
  if (asked.now <= until || isBegun(observed, asked)) return undefined;
  return `it counted until ${timeText(until).slice(0, 19)}Z: ask for it again`;
};

/**
 * What becomes of an action, and of the Canary's status by it. It is refused where it means another run or revision than
 * there is, where it comes too late, and where there is nothing to act on.
 */
export const answerAction = (observed: Observed, asked: Asked): Answer => {
  const { verb } = asked.action;
  const of = { verb, name: observed.canary.name };
  const why = obstacle(observed, asked);
  if (why !== undefined) return refused(of, why);
  if (verb === 'retry') return retry(observed, asked);
  if (verb === 'unquarantine') return unquarantine(observed, asked);
  const run = boundRun(observed, asked);
  return 'why' in run ? refused(of, run.why) : answerOfRun(observed, { ...asked, run });
};

const answerOfRun = (observed: Observed, asked: AskedOfRun): Answer => {
  const { verb } = asked.action;
  switch (verb) {
    case 'abort':
      return abort(observed, asked);
    case 'promote':
      return promote(observed, asked);
    case 'promoteFull':
      return promoteFull(observed, asked);
    case 'approve':
    case 'reject':
      return decideGate(observed, asked);
    case 'pause':
      return pause(observed, asked);
    case 'resume':
      return resume(observed, asked);
    case 'retry':
    case 'unquarantine':
      throw new TypeError(`Cannot ${verb} a run: it is asked of a revision`);
    default:
      return assertNever(verb, 'verb');
  }
};
