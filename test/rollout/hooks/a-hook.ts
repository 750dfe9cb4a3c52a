import type { RunStatus } from '#src/api/canary-status.ts';
import type { Webhook } from '#src/api/webhook.ts';
import type { EffectState, HookEffect } from '#src/rollout/effect.ts';
import type { Observed } from '#src/rollout/observed.ts';
import { aRun, aRunning, SPEC, T0 } from '../an-observed.ts';

export const aHook = (name: string, type?: Webhook['type'], parts: Partial<Webhook> = {}): Webhook => ({
  name,
  ...(type === undefined ? {} : { type }),
  url: `http://hooks.example.com/${name}`,
  ...parts,
});

/** The run of `v2` under way, for a Canary with these hooks; windows are 10 s long, two may not fail. */
export const hooked = (
  webhooks: readonly Webhook[],
  run: RunStatus = aRun(),
  parts: Parameters<typeof aRunning>[1] = {},
): Observed =>
  aRunning(run, {
    ...parts,
    spec: { ...SPEC, analysis: { ...SPEC.analysis, webhooks: webhooks.map((hook) => ({ ...hook })) } },
  });

export const answeredAt = (
  at: number,
  passed: boolean,
  detail = passed ? 'HTTP 200' : 'HTTP 403: Forbidden',
): EffectState => ({
  state: 'done',
  at,
  result: { kind: 'hook', passed, detail },
});
export const running: EffectState = { state: 'running', since: T0 };

/** What the effects table knows, by the key of each call. */
export const knowing = (observed: Observed, states: Readonly<Record<string, EffectState>>): Observed => ({
  ...observed,
  effects: new Map(Object.entries(states)),
});

export const keysOf = (effects: readonly HookEffect[]): readonly string[] => effects.map(({ key }) => key);
