import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS } from '../api/names.ts';
import { hashOf } from '../lib/hash.ts';
import type { JsonRecord } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { ConfigRef } from './config-refs.ts';
import { mapConfigRefs } from './config-refs.ts';
import type { TrackedConfigs } from './config-tracking.ts';
import type { CanaryIdentity } from './names.ts';
import { configCopyName } from './names.ts';

/** The immutable copy of a ConfigMap or Secret, under a name that follows from its content; to be applied. */
export const configCopy = (
  config: KubeObject,
  { name, canary }: { readonly name: string; readonly canary: CanaryIdentity },
): KubeObject => {
  const { data, binaryData, type } = config;
  return {
    apiVersion: 'v1',
    kind: config.kind,
    metadata: {
      name,
      namespace: canary.namespace,
      labels: { [CANARY_UID_LABEL]: canary.uid },
      annotations: HANDS_OFF_ANNOTATIONS,
    },
    immutable: true,
    ...(type === undefined ? {} : { type }),
    ...(data === undefined ? {} : { data }),
    ...(binaryData === undefined ? {} : { binaryData }),
  };
};

/** A name that no copy ever has: what is absent from a revision stays absent, also when the config is made later. */
const absentName = ({ kind, name }: ConfigRef, target: string): string =>
  configCopyName({ name, hash: hashOf({ kind, name, absent: true }) }, target);

/**
 * The template with its references to tracked configs led to the copies that `target` has of them, and those to optional
 * ones that do not exist led to nothing; other references stay.
 */
export const withConfigCopies = (
  template: JsonRecord,
  { configs, absent }: TrackedConfigs,
  target: string,
): JsonRecord => {
  const names = new Map([
    ...configs.map((config) => [`${config.kind} ${config.name}`, configCopyName(config, target)] as const),
    ...absent.map((ref) => [`${ref.kind} ${ref.name}`, absentName(ref, target)] as const),
  ]);
  return mapConfigRefs(template, (ref) => names.get(`${ref.kind} ${ref.name}`) ?? ref.name);
};
