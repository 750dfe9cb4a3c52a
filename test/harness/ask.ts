import type { CanaryActionSpec } from '#src/api/canary-action.ts';
import type { Verb } from '#src/api/words.ts';
import { stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { World } from './a-world.ts';

const API = { apiVersion: 'serin.dev/v1alpha1', kind: 'CanaryAction' } as const;

/** Asks as Alice would, bound to what there is now; gives the name of the CanaryAction. */
export const ask = (world: World, verb: Verb, spec: Partial<CanaryActionSpec> = {}): string => {
  const { run, desired } = world.canary();
  const isOfRevision = verb === 'retry' || verb === 'unquarantine';
  const bound = isOfRevision ? { revision: desired?.revision ?? 'none' } : { run: run?.id ?? 'none' };
  const name = `${verb.toLowerCase()}-${world.cluster.api.list(API).length + 1}`;
  world.apply({
    ...API,
    metadata: { name, namespace: 'shop' },
    spec: { canaryRef: { name: 'podinfo' }, verb, requestedBy: 'alice@example.com', ...bound, ...spec },
  });
  return name;
};

export const actionNamed = (world: World, name: string): KubeObject | undefined =>
  world.read({ ...API, namespace: 'shop', name });

/** What became of it: `Done: …`; undefined while it has no answer. */
export const answerOf = (world: World, name: string): string | undefined => {
  const action = actionNamed(world, name);
  const state = stringAt(action, 'status', 'state');
  return state === undefined ? undefined : `${state}: ${stringAt(action, 'status', 'message')}`;
};

/** True once it has its answer. */
export const answered = (world: World, name: string) => (): boolean => answerOf(world, name) !== undefined;
