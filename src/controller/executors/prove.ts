import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/message-of.ts';
import { sleep } from '../../lib/sleep.ts';
import type { EffectResult, ProveEffect } from '../../rollout/effect.ts';
import { type SyncVerdict, syncVerdict } from '../../traffic/istio/sync-status.ts';
import type { AskIstiod } from '../istiod.ts';

const ASK_EVERY_MS = 500;
/**
 * How long a proof is waited for. With several istiods each knows its own proxies only, so that the one that answers may
 * have sent nothing: then the counters have to tell, as they do where there is no istiod to ask.
 */
const PATIENCE_MS = 15_000;

/** What istiod says now; `pending`, with the reason, where it does not answer. */
const verdictOf = async ({
  ask,
  since,
  signal,
}: {
  ask: AskIstiod;
  since: number;
  signal: AbortSignal;
}): Promise<SyncVerdict> => {
  try {
    const { body, ahead } = await ask(signal);
    return syncVerdict(body, since + ahead);
  } catch (error) {
    return { verdict: 'pending', detail: `istiod does not say: ${messageOf(error)}` };
  }
};

/**
 * Asks istiod again and again until every proxy that it has sent routes to has taken them. Rejects with the words of a
 * proxy that has refused them: that may be mended, and is asked again as every effect that has failed.
 */
export const executeProve = async (
  { since }: ProveEffect,
  { ask, clock, signal }: { readonly ask: AskIstiod; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<EffectResult> => {
  const giveUpAt = clock.monotonic() + PATIENCE_MS;
  for (;;) {
    const { verdict, detail } = await verdictOf({ ask, since, signal });
    if (verdict === 'rejected') throw new Error(detail);
    if (verdict === 'programmed') return { kind: 'prove', verdict, detail };
    if (signal.aborted || clock.monotonic() >= giveUpAt) return { kind: 'prove', verdict: 'unproven', detail };
    await sleep(clock, ASK_EVERY_MS, signal);
  }
};
