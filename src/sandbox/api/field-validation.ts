import { recordAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { parseObject } from './kube-json.ts';
import { pruned } from './prune.ts';
import type { ServedResource } from './resources.ts';
import { ApiError, badRequest } from './status.ts';

type Sent = {
  readonly resource: ServedResource;
  /** `strict` refuses what the schema does not know, `apply` as well, in other words. */
  readonly mode: 'lenient' | 'strict' | 'apply';
};

/** What is left of an object that a client sends where its kind has a schema. Metadata are checked elsewhere. */
export const decoded = (object: KubeObject, { resource, mode }: Sent): KubeObject => {
  if (resource.schema === undefined) return object;
  const { metadata, ...content } = object;
  const { value, unknown } = pruned(content, resource.schema());
  if (unknown.length > 0 && mode !== 'lenient') throw refusal(object, { resource, mode, unknown });
  return parseObject({ ...recordAt(value), metadata });
};

const refusal = (
  { kind, metadata: { namespace = '', name } }: KubeObject,
  { resource, mode, unknown }: Sent & { readonly unknown: readonly string[] },
): ApiError => {
  const { group, version } = resource;
  if (mode === 'strict') {
    const fields = unknown.map((field) => `unknown field ${JSON.stringify(field)}`).join(', ');
    return badRequest(
      `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: strict decoding error: ${fields}`,
    );
  }
  const subject = `${namespace}/${name}; ${group}/${version}, Kind=${kind}`;
  const message = `failed to create typed patch object (${subject}): .${unknown[0]}: field not declared in schema`;
  return new ApiError({ code: 500, message });
};
