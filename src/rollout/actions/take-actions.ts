import type { AnswerStatus, CanaryStatus } from '../../api/canary-status.ts';
import { conclude } from '../conclude.ts';
import type { Action, EventNote } from '../decision.ts';
import { CAPS } from '../limits.ts';
import type { ActionView, Observed } from '../observed.ts';
import { problemsOf } from '../problems.ts';
import type { Turn } from '../turn.ts';
import { type Answer, byWhom } from './answer.ts';
import { answerAction } from './answer-action.ts';

/** What people have asked for, taken into the status. */
export type Taken = {
  readonly status: CanaryStatus;
  /** A run that was ended: nothing else is decided beside it. */
  readonly ended?: Turn;
  /** Writes what became of each action into it. */
  readonly echoes: readonly Action[];
  readonly events: readonly EventNote[];
};

const echo = ({ name, state, message = '' }: AnswerStatus): Action => ({ type: 'answerAction', name, state, message });

const eventOf = (action: ActionView, answer: Answer): readonly EventNote[] => {
  if (answer.state === 'Done') return answer.event === undefined ? [] : [answer.event];
  return [{ reason: 'ActionRefused', note: `${answer.message}; asked for${byWhom(action)}` }];
};

/** The answers that are kept: of what still lacks its answer in full, of the others the name, so that none is done twice. */
const kept = (
  before: readonly AnswerStatus[],
  fresh: readonly AnswerStatus[],
  unanswered: ReadonlySet<string>,
): readonly AnswerStatus[] => {
  const open = before.filter(({ name }) => unanswered.has(name));
  const closed = before.filter(({ name }) => !unanswered.has(name)).map(({ name, state }) => ({ name, state }));
  const room = Math.max(0, CAPS.handled - open.length - fresh.length);
  return [...closed.slice(closed.length - Math.min(room, closed.length)), ...open, ...fresh];
};

/** Does one action after the other, oldest first. */
const takeAll = (observed: Observed, now: number, actions: readonly ActionView[]) => {
  let status = observed.status;
  let ended: Turn | undefined;
  const fresh: AnswerStatus[] = [];
  const events: EventNote[] = [];
  for (const action of actions) {
    const seen = { ...observed, status };
    const answer = answerAction(seen, { action, now });
    fresh.push({ name: action.name, state: answer.state, message: answer.message });
    events.push(...eventOf(action, answer));
    if (answer.state === 'Refused') continue;
    ({ status } = answer);
    if (answer.ends === undefined || status.run === undefined) continue;
    ended = conclude({ ...seen, status }, now, status.run, answer.ends);
    ({ status } = ended);
  }
  return { status, ended, fresh, events };
};

/**
 * Takes what people have asked for into the status, and answers it. `status.handled` is what tells whether an action was
 * done; the action's own status is its echo, written after it and again for as long as it is missing. So a crash between
 * any two writes neither loses an action nor does it twice.
 */
export const takeActions = (observed: Observed, now: number): Taken => {
  const { actions = [], status: before } = observed;
  const { handled = [] } = before;
  const known = new Map(handled.map((answer) => [answer.name, answer]));
  const repeated = actions.flatMap(({ name }) => known.get(name) ?? []);
  // As many as there is room to remember; the others have their turn when these have their echo.
  const room = Math.min(CAPS.actionsAtOnce, CAPS.handled - repeated.length);
  const asked = actions.filter(({ name }) => !known.has(name)).slice(0, Math.max(0, room));
  if (asked.length === 0) return { status: before, echoes: repeated.map(echo), events: [] };
  const { status, ended, fresh, events } = takeAll(observed, now, asked);
  const unanswered = new Set(actions.map(({ name }) => name));
  const next: CanaryStatus = { ...status, handled: kept(handled, fresh, unanswered) };
  // What a person must put right first keeps everything but what lowers exposure.
  const stays = problemsOf(observed).length > 0;
  return {
    status: next,
    ...(ended === undefined ? {} : { ended: { ...ended, status: next, ...(stays ? { after: [] } : {}) } }),
    echoes: [...repeated, ...fresh].map(echo),
    events,
  };
};
