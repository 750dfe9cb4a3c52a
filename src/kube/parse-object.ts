import { isRecord, recordAt, stringAt } from '../lib/json.ts';
import type { KubeObject, Resource } from '../lib/kube-object.ts';
import type { KubeList, WatchEvent } from './client.ts';
import { apiVersionOf } from './resources.ts';

/**
 * An object as the API server sent it, unknown fields and all; undefined when it is none. Items of a list say no kind,
 * and metadata-only answers say PartialObjectMetadata: both get the kind that was asked for.
 */
export const parseObject = (resource: Resource, value: unknown): KubeObject | undefined => {
  const name = stringAt(value, 'metadata', 'name');
  if (!isRecord(value) || name === undefined) return undefined;
  const metadata = { ...recordAt(value, 'metadata'), name };
  return { ...value, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
};

/** One page of a list; undefined when it is none. */
export const parseList = (resource: Resource, value: unknown): KubeList | undefined => {
  const resourceVersion = stringAt(value, 'metadata', 'resourceVersion');
  if (!isRecord(value) || resourceVersion === undefined) return undefined;
  // Go writes an empty list as null.
  const items: KubeObject[] = [];
  for (const item of Array.isArray(value['items']) ? value['items'] : []) {
    const object = parseObject(resource, item);
    if (object === undefined) return undefined;
    items.push(object);
  }
  const next = stringAt(value, 'metadata', 'continue');
  return { items, resourceVersion, ...(next === undefined || next === '' ? {} : { continue: next }) };
};

/** One line of a watch; undefined when it is none. */
export const parseWatchEvent = (resource: Resource, value: unknown): WatchEvent | undefined => {
  if (!isRecord(value)) return undefined;
  const type = value['type'];
  switch (type) {
    case 'ERROR':
      return { type, status: value['object'] };
    case 'BOOKMARK': {
      // A bookmark's object has a resourceVersion and nothing else.
      const resourceVersion = stringAt(value['object'], 'metadata', 'resourceVersion');
      if (resourceVersion === undefined) return undefined;
      const metadata = { name: '', resourceVersion };
      return { type, object: { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata } };
    }
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED': {
      const object = parseObject(resource, value['object']);
      return object === undefined ? undefined : { type, object };
    }
    default:
      return undefined;
  }
};
