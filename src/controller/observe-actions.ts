import { parseCanaryAction } from '../api/parse.ts';
import { stringAt } from '../lib/json.ts';
import { type KubeObject, keyOf, refOf } from '../lib/kube-object.ts';
import type { ActionView } from '../rollout/observed.ts';
import type { Caches } from './caches.ts';
import type { Scene } from './scene.ts';

const isOlder = ({ metadata: a }: KubeObject, { metadata: b }: KubeObject): number =>
  (a.creationTimestamp ?? '').localeCompare(b.creationTimestamp ?? '') || a.name.localeCompare(b.name);

/** The CanaryActions that mean the Canary of this key, oldest first. */
export const actionsFor = (canary: string, caches: Caches): readonly KubeObject[] =>
  caches
    .byIndex('CanaryAction', { index: 'canary', value: canary })
    .flatMap((action) => caches.get(refOf(action)) ?? [])
    .toSorted(isOlder);

export const isAnswered = (action: KubeObject): boolean => stringAt(action, 'status', 'state') !== undefined;

const viewOf = (action: KubeObject): readonly ActionView[] => {
  const parsed = parseCanaryAction(action);
  if (!parsed.ok) return [];
  const { verb, run, revision, gate, reason, requestedBy, expiresAt } = parsed.spec;
  const { name, creationTimestamp = '' } = action.metadata;
  return [
    {
      name,
      verb,
      requestedBy,
      createdAt: Date.parse(creationTimestamp),
      ...(run === undefined ? {} : { run }),
      ...(revision === undefined ? {} : { revision }),
      ...(gate === undefined ? {} : { gate }),
      ...(reason === undefined ? {} : { reason }),
      ...(expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }),
    },
  ];
};

/**
 * What people have asked of this Canary and have no answer to, oldest first; undefined while that cannot be read. What
 * cannot be understood is refused elsewhere.
 */
export const observeActions = ({ canary }: Scene, caches: Caches): readonly ActionView[] | undefined =>
  caches.unreadable('CanaryAction') === undefined
    ? actionsFor(keyOf(canary), caches)
        .filter((action) => !isAnswered(action))
        .flatMap(viewOf)
    : undefined;
