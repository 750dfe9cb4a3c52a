import { type MeasureOptions, measure } from '../../analysis/measure.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { EffectResult, MeasureEffect } from '../../rollout/effect.ts';
import { readSecret } from '../secrets.ts';

/** Asks every metric of a window, side by side. */
export const executeMeasure = async (
  { checks, window }: MeasureEffect,
  deps: Pick<MeasureOptions, 'ask' | 'scrapes' | 'signal'> & { readonly client: KubeClient },
): Promise<EffectResult> => {
  const { client, ...asking } = deps;
  const secrets = (ref: { readonly namespace: string; readonly name: string }) => readSecret(client, ref);
  const measured = await Promise.all(checks.map((check) => measure(check, { ...asking, window, secrets })));
  const hopeless = measured.flatMap((check) => (check.hopeless ? check.name : []));
  return {
    kind: 'measure',
    checks: measured.map(({ hopeless: _, ...check }) => check),
    ...(hopeless.length === 0 ? {} : { hopeless }),
  };
};
