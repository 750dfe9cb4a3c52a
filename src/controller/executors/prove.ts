import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/message-of.ts';
import { sleep } from '../../lib/sleep.ts';
import type { EffectResult, ProveEffect } from '../../rollout/effect.ts';
import { syncVerdict } from '../../traffic/istio/sync-status.ts';
import type { AskIstiod } from '../istiod.ts';

const ASK_EVERY_MS = 500;
/**
 * How long a proof is waited for. With several istiods each knows its own proxies only, so that the one that answers may
 * have sent nothing: then the counters have to tell, as they do where there is no istiod to ask.
 */
const PATIENCE_MS = 15_000;

/** Asks istiod again and again until every proxy that it has sent routes to has taken them. Never rejects. */
export const executeProve = async (
  { since }: ProveEffect,
  { ask, clock, signal }: { readonly ask: AskIstiod; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<EffectResult> => {
  const giveUpAt = clock.monotonic() + PATIENCE_MS;
  for (;;) {
    let detail: string;
    try {
      const { body, ahead } = await ask(signal);
      const said = syncVerdict(body, since + ahead);
      if (said.verdict !== 'pending') return { kind: 'prove', verdict: said.verdict, detail: said.detail };
      detail = said.detail;
    } catch (error) {
      detail = `istiod does not say: ${messageOf(error)}`;
    }
    if (signal.aborted || clock.monotonic() >= giveUpAt) return { kind: 'prove', verdict: 'unproven', detail };
    await sleep(clock, ASK_EVERY_MS, signal);
  }
};
