import type { CanaryStatus } from '../../api/canary-status.ts';
import { NORMAL_REASONS } from '../../api/words.ts';
import type { EventNote } from '../decision.ts';
import type { HookEffect } from '../effect.ts';
import type { Observed } from '../observed.ts';
import { hookEffect, payloadOf } from './hook-effect.ts';
import { hooksOf } from './hooks-of.ts';

const NORMAL: ReadonlySet<string> = new Set(NORMAL_REASONS);

/**
 * The calls by which the hooks of type event are told of what has happened, with Flagger's three words in `metadata`;
 * `status` is the one after it. Nobody waits for them.
 */
export const eventHooks = (
  observed: Observed,
  {
    status,
    events,
    now,
  }: { readonly status: CanaryStatus; readonly events: readonly EventNote[]; readonly now: number },
): readonly HookEffect[] => {
  const hooks = hooksOf(observed.canary.spec, 'event');
  if (hooks.length === 0) return [];
  const run = status.run ?? observed.status.run;
  const phase = status.phase ?? 'Initializing';
  return events.flatMap(({ reason, note }, index) =>
    hooks.flatMap((hook): readonly HookEffect[] => {
      const eventType = NORMAL.has(reason) ? 'Normal' : 'Warning';
      const metadata = { ...hook.metadata, eventMessage: note, eventType, timestamp: String(now) };
      const payload = payloadOf({ ...observed, status }, { metadata }, { phase, run });
      const key = `hook/event/${now}/${index}/${reason}/${hook.name}`;
      const effect = hookEffect(observed, hook, { key, payload });
      return effect === undefined ? [] : [{ ...effect, loose: true }];
    }),
  );
};
