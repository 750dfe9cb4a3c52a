import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS } from '../api/names.ts';
import type { JsonRecord } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { mapConfigRefs } from './config-refs.ts';
import type { ConfigState } from './config-tracking.ts';
import { configState } from './config-tracking.ts';
import type { CanaryIdentity } from './names.ts';
import { configCopyName } from './names.ts';

/** The immutable copy of a ConfigMap or Secret, named after its content; to be applied. */
export const configCopy = (config: KubeObject, canary: CanaryIdentity): KubeObject => {
  const { data, binaryData, type } = config;
  return {
    apiVersion: 'v1',
    kind: config.kind,
    metadata: {
      name: configCopyName(configState(config)),
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

/** The template with its references to `configs` led to their copies; other references stay. */
export const withConfigCopies = (template: JsonRecord, configs: readonly ConfigState[]): JsonRecord => {
  const copies = new Map(configs.map((config) => [`${config.kind} ${config.name}`, configCopyName(config)]));
  return mapConfigRefs(template, (ref) => copies.get(`${ref.kind} ${ref.name}`) ?? ref.name);
};
