import { apiVersionOf } from '../../kube/resources.ts';
import { isRecord, type JsonRecord, recordAt, sameJson } from '../../lib/json.ts';
import type { KubeObject, ManagedFields } from '../../lib/kube-object.ts';
import {
  difference,
  type FieldSet,
  fromFieldsV1,
  intersection,
  isEmpty,
  NO_FIELDS,
  pathsOf,
  toFieldsV1,
  union,
  withParents,
} from './field-set.ts';
import { omit } from './json-copy.ts';
import { parseObject, withField } from './kube-json.ts';
import { SYSTEM_METADATA } from './metadata.ts';
import type { ServedResource } from './resources.ts';
import type { Shape } from './shapes.ts';
import { ApiError, badRequest } from './status.ts';
import { ambiguityIn, changedFields, compareFields, fieldsOf, mergeFields, removeFields } from './structured-merge.ts';

/** Who writes: with operation and sub-resource, what tells one entry of managedFields from another. */
export type Manager = {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource?: 'status' | 'scale' | 'eviction' | undefined;
};

/** Metadata that nobody owns. */
const IDENTITY: readonly string[] = ['name', 'namespace', ...SYSTEM_METADATA];

type Owner = { readonly entry: ManagedFields; readonly fields: FieldSet };

type Tracking = {
  readonly resource: ServedResource;
  readonly manager: Manager;
  /** `metav1.Time` of the write. */
  readonly time: string;
};

/**
 * The part of an object that managers own through one door: everything but identity and what the server writes; the
 * status only through its own door, where there is one. Through that door, custom resources take nothing else.
 */
const ownable = (object: KubeObject | undefined, { resource, manager }: Tracking): JsonRecord => {
  if (object === undefined) return { metadata: {} };
  const metadata = omit(object.metadata, ...IDENTITY);
  if (manager.subresource === 'status') {
    const status = object['status'] === undefined ? {} : { status: object['status'] };
    return resource.typed ? { metadata, ...status } : status;
  }
  return { ...omit(object, 'apiVersion', 'kind', ...(resource.status ? ['status'] : [])), metadata };
};

const isSame = (entry: ManagedFields, { name, operation, subresource }: Manager): boolean =>
  entry.manager === name && entry.operation === operation && entry.subresource === subresource;

const ownersOf = (object: KubeObject | undefined): readonly Owner[] =>
  (object?.metadata.managedFields ?? []).map((entry) => ({ entry, fields: fromFieldsV1(entry.fieldsV1) }));

/** All owners, the others than `manager` without what is gone for them. */
const othersAfter = (owners: readonly Owner[], gone: FieldSet, manager: Manager): readonly Owner[] =>
  owners.map((owner) => {
    if (isSame(owner.entry, manager) || isEmpty(intersection(owner.fields, gone))) return owner;
    const fields = difference(owner.fields, gone);
    return { entry: { ...owner.entry, fieldsV1: toFieldsV1(fields) }, fields };
  });

const fieldsOfManager = (owners: readonly Owner[], manager: Manager): FieldSet =>
  owners.find(({ entry }) => isSame(entry, manager))?.fields ?? NO_FIELDS;

/** managedFields after `owners` have been told; entries that own nothing go, unchanged ones keep their time. */
const toManagedFields = (owners: readonly Owner[], own: FieldSet, tracking: Tracking): readonly ManagedFields[] => {
  const { manager, resource, time } = tracking;
  const mine: ManagedFields = {
    manager: manager.name,
    operation: manager.operation,
    apiVersion: apiVersionOf(resource),
    time,
    fieldsType: 'FieldsV1',
    ...(manager.subresource === undefined ? {} : { subresource: manager.subresource }),
  };
  const before = owners.find(({ entry }) => isSame(entry, manager));
  const others = owners.filter((owner) => owner !== before);
  const fieldsV1 = toFieldsV1(own);
  const unchanged = before !== undefined && sameJson(before.entry.fieldsV1, fieldsV1);
  const all = [...others, { entry: unchanged ? before.entry : { ...mine, fieldsV1 }, fields: own }];
  return all
    .filter(({ fields }) => !isEmpty(fields))
    .map(({ entry }) => entry)
    .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
};

const sortKey = ({ operation = '', time = '', manager = '', subresource = '' }: ManagedFields): string =>
  `${operation} ${time} ${manager} ${subresource}`;

/** Ownership after a create, PUT or patch: the manager owns what it changed, and the others no longer do. */
export const ownedByUpdate = (
  before: KubeObject | undefined,
  after: KubeObject,
  tracking: Tracking,
): readonly ManagedFields[] => {
  const changes = compareFields(ownable(before, tracking), ownable(after, tracking), tracking.resource.shape());
  const gone = union(changedFields(changes), changes.removed);
  const owners = ownersOf(before);
  const mine = fieldsOfManager(owners, tracking.manager);
  const left = othersAfter(owners, gone, tracking.manager);
  return toManagedFields(left, union(difference(mine, changes.removed), changedFields(changes)), tracking);
};

/**
 * Server-side apply: `live` with the fields of `config`, without those that the manager applied last time, does not
 * apply any more and nobody else owns. Throws 409 where it would change a field of somebody else, unless forced.
 */
export const applyConfig = (
  live: KubeObject | undefined,
  config: KubeObject,
  { force, ...tracking }: Tracking & { readonly force: boolean },
): { readonly object: KubeObject; readonly managedFields: readonly ManagedFields[] } => {
  const shape = tracking.resource.shape();
  const owners = ownersOf(live);
  const { manager } = tracking;
  const wanted = ownable(config, tracking);
  const ambiguity = ambiguityIn(wanted, shape);
  if (ambiguity !== undefined) throw badRequest(`failed to create typed patch object: ${ambiguity}`);
  const own = configFields(wanted, shape);
  const others = owners.filter(({ entry }) => !isSame(entry, manager));
  const held = others.reduce((all, { fields }) => union(all, fields), own);
  const dropped = difference(withParents(fieldsOfManager(owners, manager)), withParents(held));

  const current = ownable(live, tracking);
  const merged = removeFields(mergeFields(current, wanted, shape), dropped, shape);
  const changes = compareFields(current, merged, shape);
  const conflicts = others.flatMap(({ entry, fields }) => {
    const disputed = intersection(fields, changedFields(changes));
    return isEmpty(disputed) ? [] : [{ entry, paths: pathsOf(disputed) }];
  });
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts);
  const gone = union(changedFields(changes), changes.removed);
  const left = othersAfter(owners, gone, manager);
  return {
    object: assemble(live ?? config, recordAt(merged), manager),
    managedFields: toManagedFields(left, own, tracking),
  };
};

const configFields = (wanted: JsonRecord, shape: Shape): FieldSet => {
  const told = isEmptyRecord(wanted['metadata']) ? omit(wanted, 'metadata') : wanted;
  return isEmptyRecord(told) ? NO_FIELDS : fieldsOf(told, shape);
};

const isEmptyRecord = (value: unknown): boolean => isRecord(value) && Object.keys(value).length === 0;

/** Puts what managers own back around the identity that they do not. */
const assemble = (identity: KubeObject, merged: JsonRecord, manager: Manager): KubeObject => {
  if (manager.subresource === 'status') return withField(identity, 'status', merged['status']);
  const { apiVersion, kind, metadata } = identity;
  const system = Object.entries(metadata).filter(([key]) => IDENTITY.includes(key));
  return parseObject({
    ...merged,
    apiVersion,
    kind,
    metadata: { ...recordAt(merged, 'metadata'), ...Object.fromEntries(system) },
  });
};

/** 409 that names every owner and field, in the words of the API server. */
const applyConflict = (
  conflicts: readonly { readonly entry: ManagedFields; readonly paths: readonly string[] }[],
): ApiError => {
  const causes = conflicts.flatMap(({ entry, paths }) =>
    paths.map((field) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${describeOwner(entry)}`,
      field,
    })),
  );
  const [first] = causes;
  const text =
    causes.length === 1 && first !== undefined
      ? `1 conflict: ${first.message}: ${first.field}`
      : `${causes.length} conflicts: ${conflicts
          .map(
            ({ entry, paths }) =>
              `conflicts with ${describeOwner(entry)}:\n${paths.map((path) => `- ${path}`).join('\n')}`,
          )
          .join('\n')}`;
  return new ApiError({
    code: 409,
    reason: 'Conflict',
    message: `Apply failed with ${text}`,
    details: { causes },
  });
};

const describeOwner = ({ manager = '', operation, apiVersion = '', subresource }: ManagedFields): string => {
  const through = subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${through}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
};
