import { at } from '../lib/json.ts';
import type { KubeObject, ManagedFields } from '../lib/kube-object.ts';
import { FIELD_MANAGER } from './names.ts';

const ownersOf = (object: KubeObject, path: readonly string[]): readonly ManagedFields[] =>
  (object.metadata.managedFields ?? []).filter((entry) => at(entry.fieldsV1, ...path) !== undefined);

const newest = (owners: readonly ManagedFields[]): ManagedFields | undefined =>
  owners.reduce<ManagedFields | undefined>(
    (last, owner) => (last && (last.time ?? '') >= (owner.time ?? '') ? last : owner),
    undefined,
  );

/**
 * The manager that last changed a field, when that was not Serin; undefined while Serin is among the field's owners
 * (whoever changes a value takes it from its other owners) or when nobody is known to have set it. `path` is that of
 * managedFields, such as `f:spec`, `f:rules`.
 */
export const foreignOwnerOf = (object: KubeObject, path: readonly string[]): string | undefined => {
  const owners = ownersOf(object, path);
  return owners.some((owner) => owner.manager === FIELD_MANAGER) ? undefined : newest(owners)?.manager;
};

/** The manager other than Serin that last wrote something below a field; undefined when nobody has. `path` as above. */
export const foreignWriterOf = (object: KubeObject, path: readonly string[]): string | undefined =>
  newest(ownersOf(object, path).filter(({ manager }) => manager !== FIELD_MANAGER))?.manager;

/** Who made an object, in words: its owner, else the managers of its fields, but for Serin and who writes its status. */
export const makerOf = (object: KubeObject): string => {
  const owner = object.metadata.ownerReferences?.[0];
  if (owner !== undefined) return `${owner.kind} ${owner.name}`;
  const written = (object.metadata.managedFields ?? []).filter(({ subresource }) => subresource === undefined);
  const managers = new Set(written.flatMap(({ manager }) => manager ?? []));
  managers.delete(FIELD_MANAGER);
  return managers.size === 0 ? 'an unknown field manager' : `field manager ${[...managers].join(' and ')}`;
};
