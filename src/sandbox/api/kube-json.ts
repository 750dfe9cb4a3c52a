import { isRecord } from '../../lib/json.ts';
import type { KubeObject, ObjectMeta } from '../../lib/kube-object.ts';
import { badRequest } from './status.ts';

const optional = (value: unknown, type: 'string' | 'number'): boolean => value === undefined || typeof value === type;
const strings = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
const records = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((item) => isRecord(item)));
const map = (value: unknown): boolean => value === undefined || isRecord(value);

const isMetadata = (value: unknown): value is ObjectMeta =>
  isRecord(value) &&
  typeof value['name'] === 'string' &&
  ['namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp', 'generateName'].every((key) =>
    optional(value[key], 'string'),
  ) &&
  ['generation', 'deletionGracePeriodSeconds'].every((key) => optional(value[key], 'number')) &&
  map(value['labels']) &&
  map(value['annotations']) &&
  strings(value['finalizers']) &&
  records(value['ownerReferences']) &&
  records(value['managedFields']);

const isKubeObject = (value: unknown): value is KubeObject =>
  isRecord(value) &&
  typeof value['apiVersion'] === 'string' &&
  typeof value['kind'] === 'string' &&
  isMetadata(value['metadata']);

/**
 * JSON as an object of Kubernetes; where the name is missing it is '' (a POST may leave it to generateName). Throws
 * 400 when it is none.
 */
export const parseObject = (value: unknown): KubeObject => {
  if (!isRecord(value)) throw badRequest('the request body must be an object of Kubernetes: it is no JSON object');
  const { apiVersion, kind, metadata = {} } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw badRequest('Object "apiVersion" and "kind" must be set: they are missing or no strings');
  }
  const named = isRecord(metadata) ? { ...value, metadata: { name: '', ...metadata } } : value;
  if (!isKubeObject(named)) throw badRequest(`${kind}: metadata holds a field of the wrong type`);
  return named;
};

/** The object with `changes` to its metadata; a change to undefined takes the field out. */
export const withMetadata = (
  object: KubeObject,
  changes: { readonly [F in keyof ObjectMeta]?: unknown },
): KubeObject => {
  const fields = Object.entries({ ...object.metadata, ...changes }).filter(([, value]) => value !== undefined);
  return parseObject({ ...object, metadata: Object.fromEntries(fields) });
};

/** The object with `field` set to `value`; undefined takes the field out. */
export const withField = (object: KubeObject, field: string, value: unknown): KubeObject => {
  const fields = Object.entries({ ...object, [field]: value }).filter(([, item]) => item !== undefined);
  return parseObject(Object.fromEntries(fields));
};
