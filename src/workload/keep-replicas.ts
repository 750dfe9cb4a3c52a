import { foreignOwnerOf } from '../api/field-owner.ts';
import { numberAt, recordAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';

/**
 * `wanted` as it is applied over the workload that stands, whose number of replicas stays whatever it is by now. A field
 * that somebody else has set last is theirs, and is left out. One that Serin alone has set cannot be: by the rules of
 * server-side apply that would delete it, and the default is 1. So the number that stands is repeated, and where an
 * autoscaler may change it any moment (`isScaled`) the write is held by the version that was seen: should that be older
 * than what stands, it is refused, and tried again with what is true then. Nobody asks for none: 0 goes to what is wanted.
 */
export const keepReplicas = (
  wanted: KubeObject,
  { existing, isScaled }: { readonly existing: KubeObject; readonly isScaled: boolean },
): KubeObject => {
  const { replicas, ...spec } = recordAt(wanted, 'spec');
  const standing = numberAt(existing, 'spec', 'replicas') ?? 1;
  if (replicas === undefined || standing === 0) return wanted;
  if (foreignOwnerOf(existing, ['f:spec', 'f:replicas']) !== undefined) return { ...wanted, spec };
  const { resourceVersion } = existing.metadata;
  const isHeld = isScaled && resourceVersion !== undefined;
  return {
    ...wanted,
    metadata: { ...wanted.metadata, ...(isHeld ? { resourceVersion } : {}) },
    spec: { ...spec, replicas: standing },
  };
};
