import { at } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { FIELD_MANAGER } from './names.ts';

/**
 * The manager that last changed a field, when that was not Serin; undefined while Serin is among the field's owners
 * (whoever changes a value takes it from its other owners) or when nobody is known to have set it. `path` is that of
 * managedFields, such as `f:spec`, `f:rules`.
 */
export const foreignOwnerOf = (object: KubeObject, path: readonly string[]): string | undefined => {
  const owners = (object.metadata.managedFields ?? []).filter((entry) => at(entry.fieldsV1, ...path) !== undefined);
  if (owners.some((owner) => owner.manager === FIELD_MANAGER)) return undefined;
  return owners.reduce<(typeof owners)[number] | undefined>(
    (newest, owner) => (newest && (newest.time ?? '') >= (owner.time ?? '') ? newest : owner),
    undefined,
  )?.manager;
};

/** Who made an object, in words: its owner, else the managers of its fields, but for Serin and who writes its status. */
export const makerOf = (object: KubeObject): string => {
  const owner = object.metadata.ownerReferences?.[0];
  if (owner !== undefined) return `${owner.kind} ${owner.name}`;
  const written = (object.metadata.managedFields ?? []).filter(({ subresource }) => subresource === undefined);
  const managers = new Set(written.flatMap(({ manager }) => manager ?? []));
  managers.delete(FIELD_MANAGER);
  return managers.size === 0 ? 'an unknown field manager' : `field manager ${[...managers].join(' and ')}`;
};
