import { measure } from '../../analysis/measure.ts';
import type { AskPrometheus } from '../../analysis/prometheus.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { EffectResult, MeasureEffect } from '../../rollout/effect.ts';
import { readSecret } from '../secrets.ts';

/** Asks every metric of a window, side by side. */
export const executeMeasure = async (
  { checks, window }: MeasureEffect,
  { client, ask, signal }: { readonly client: KubeClient; readonly ask: AskPrometheus; readonly signal: AbortSignal },
): Promise<EffectResult> => {
  const secrets = (ref: { readonly namespace: string; readonly name: string }) => readSecret(client, ref);
  const answers = checks.map((check) => measure(check, { window, ask, secrets, signal }));
  return { kind: 'measure', checks: await Promise.all(answers) };
};
