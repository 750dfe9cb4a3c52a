import type { AskPrometheus } from '../../analysis/prometheus.ts';
import { ScrapeIntervals } from '../../analysis/scrape-intervals.ts';
import type { OutcomeWriter } from '../../git/engine.ts';
import type { CallHook } from '../../hooks/call-hook.ts';
import type { KubeClient } from '../../kube/client.ts';
import { assertNever } from '../../lib/assert-never.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Deliver } from '../../notify/notifier.ts';
import type { Caches } from '../caches.ts';
import type { Executor } from '../effects-table.ts';
import type { AskIstiod } from '../istiod.ts';
import { executeCommit } from './commit.ts';
import { executeHook } from './hook.ts';
import { executeMeasure } from './measure.ts';
import { executeNotify } from './notify.ts';
import { executeProve } from './prove.ts';

/** The outside, as effects reach it. */
export type Outside = {
  readonly ask: AskPrometheus;
  readonly git: OutcomeWriter;
  readonly deliver: Deliver;
  readonly callHook: CallHook;
  /** Absent where no istiod is to be asked. */
  readonly istiod?: AskIstiod | undefined;
  /** Also http:// and file:// repositories. */
  readonly gitInsecure: boolean;
};

/** Does every kind of effect. */
export const createExecutor = (
  outside: Outside,
  deps: { readonly client: KubeClient; readonly caches: Caches; readonly clock: Clock },
): Executor => {
  const scrapes = new ScrapeIntervals({ ask: outside.ask, clock: deps.clock });
  return (_canary, effect, signal) => {
    switch (effect.kind) {
      case 'measure':
        return executeMeasure(effect, { ...deps, ask: outside.ask, scrapes, signal });
      case 'prove':
        return outside.istiod === undefined
          ? Promise.resolve({ kind: 'prove', verdict: 'unproven', detail: 'no istiod is to be asked' })
          : executeProve(effect, { ...deps, ask: outside.istiod, signal });
      case 'commit':
        return executeCommit(effect, { ...deps, git: outside.git, allowInsecure: outside.gitInsecure, signal });
      case 'notify':
        return executeNotify(effect, { ...deps, deliver: outside.deliver, signal });
      case 'hook':
        return executeHook(effect, { ...deps, call: outside.callHook, signal });
      default:
        return assertNever(effect, 'effect');
    }
  };
};
