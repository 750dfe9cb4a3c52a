import type { CanaryStatus, RunStatus } from '../../api/canary-status.ts';
import type { Ending } from '../conclude.ts';
import type { EventNote } from '../decision.ts';
import type { HookEffect } from '../effect.ts';

/** What hooks make of a run in one decision: the calls that are wanted, and what their answers came to. */
export type Asked = {
  /** Holds the run. */
  readonly status: CanaryStatus;
  readonly run: RunStatus;
  readonly effects: readonly HookEffect[];
  readonly events: readonly EventNote[];
  /** When there is something to ask again, ms; always ahead. */
  readonly wakeAt?: number;
  /** The run is over by it. */
  readonly ending?: Ending;
};

/** The run with `parts` changed, in its status, and nothing else asked or told. */
export const asked = (
  { status, run }: Pick<Asked, 'status' | 'run'>,
  parts: Partial<Omit<Asked, 'status'>> & { readonly status?: CanaryStatus } = {},
): Asked => {
  const next = parts.run ?? run;
  return {
    effects: [],
    events: [],
    ...parts,
    status: { ...(parts.status ?? status), run: next },
    run: next,
  };
};

/** The earliest of the times that lie ahead, ms. */
export const soonest = (now: number, ...times: readonly (number | undefined)[]): number | undefined => {
  const ahead = times.filter((time): time is number => time !== undefined && time > now);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
};
