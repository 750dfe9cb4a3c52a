import { at } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { badRequest } from './status.ts';

const FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;

/** Refuses a `metav1.MicroTime` that has not exactly six digits behind its seconds, as the server's parser does. */
export const checkMicroTimes = (object: KubeObject, paths: readonly (readonly string[])[]): void => {
  for (const path of paths) {
    const value = at(object, ...path) ?? undefined;
    if (value === undefined || (typeof value === 'string' && FORM.test(value))) continue;
    const version = object.apiVersion.slice(object.apiVersion.indexOf('/') + 1);
    throw badRequest(
      `${object.kind} in version ${JSON.stringify(version)} cannot be handled as a ${object.kind}: parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05.000000Z07:00"`,
    );
  }
};
