import type { ActionStatus, CanaryStatus, RunStatus } from '../../api/canary-status.ts';
import type { Verb } from '../../api/words.ts';
import type { Ending } from '../conclude.ts';
import type { EventNote } from '../decision.ts';
import { CAPS } from '../limits.ts';
import type { ActionView } from '../observed.ts';
import { timeText } from '../time.ts';

/** What becomes of an action. */
export type Answer =
  /** Nothing is changed; the message says what is there and what to do. */
  | { readonly state: 'Refused'; readonly message: string }
  | {
      readonly state: 'Done';
      /** What has changed, as one sentence. */
      readonly message: string;
      readonly status: CanaryStatus;
      /** What the Canary's event says, where the action is no outcome, which tells itself. */
      readonly event?: EventNote;
      /** The run is over with it. */
      readonly ends?: Ending;
    };

/** One action that is being answered. `now` is in ms since the epoch. */
export type Asked = { readonly action: ActionView; readonly now: number };

/** An action that is about the run that is going on. */
export type AskedOfRun = Asked & { readonly run: RunStatus };

/** `Cannot promote podinfo: <why>`. */
export const refused = (of: { readonly verb: Verb; readonly name: string }, why: string): Answer => ({
  state: 'Refused',
  message: `Cannot ${of.verb === 'promoteFull' ? 'promote' : of.verb} ${of.name}: ${why}`,
});

/** Text of a person on one line, cut to what a status has room for. */
export const told = (text: string): string => {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length <= CAPS.text ? line : `${line.slice(0, CAPS.text - 1)}…`;
};

/** Why and who: `wrong settings (alice@example.com)`. */
export const becauseOf = ({ reason, requestedBy }: Pick<ActionView, 'reason' | 'requestedBy'>): string =>
  reason === undefined ? `asked for by ${told(requestedBy)}` : `${told(reason)} (${told(requestedBy)})`;

/** Who and why, behind what was done: ` by alice@example.com: wrong settings`. */
export const byWhom = ({ reason, requestedBy }: Pick<ActionView, 'reason' | 'requestedBy'>): string =>
  ` by ${told(requestedBy)}${reason === undefined ? '' : `: ${told(reason)}`}`;

/** The action as its run records it. */
export const actionEntry = ({ action, now }: Asked): ActionStatus => ({
  name: action.name,
  verb: action.verb,
  by: told(action.requestedBy),
  at: timeText(now),
  ...(action.gate === undefined ? {} : { gate: action.gate }),
  ...(action.reason === undefined ? {} : { reason: told(action.reason) }),
});

/** The run with the action in its record. */
export const withAction = (run: RunStatus, asked: Asked): RunStatus => ({
  ...run,
  actions: [...(run.actions ?? []), actionEntry(asked)].slice(-CAPS.actions),
});
