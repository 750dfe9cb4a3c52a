import type { JsonRecord } from '../lib/json.ts';
import type { Change } from './json-edit.ts';
import { within, withinEach } from './json-edit.ts';

export type ConfigKind = 'ConfigMap' | 'Secret';

/** A ConfigMap or Secret that a pod template refers to. */
export type ConfigRef = {
  readonly kind: ConfigKind;
  readonly name: string;
  /** Pods start without it. */
  readonly optional: boolean;
};

/**
 * The template with every reference to a ConfigMap or Secret renamed by `rename`: in volumes, projected volumes, `env`
 * and `envFrom`, of containers and init containers. Everything else is kept as it is.
 */
export const mapConfigRefs = (template: JsonRecord, rename: (ref: ConfigRef) => string): JsonRecord => {
  const reference =
    (kind: ConfigKind, field: 'name' | 'secretName' = 'name'): Change =>
    (source) => {
      const name = source[field];
      if (typeof name !== 'string' || name === '') return source;
      return { ...source, [field]: rename({ kind, name, optional: source['optional'] === true }) };
    };
  const configMap = reference('ConfigMap');
  const secret = reference('Secret');
  const projection: Change = (source) => within(within(source, 'configMap', configMap), 'secret', secret);
  const volume: Change = (source) => {
    const named = within(within(source, 'configMap', configMap), 'secret', reference('Secret', 'secretName'));
    return within(named, 'projected', (projected) => withinEach(projected, 'sources', projection));
  };
  const variable: Change = (entry) =>
    within(entry, 'valueFrom', (from) => within(within(from, 'configMapKeyRef', configMap), 'secretKeyRef', secret));
  const variables: Change = (entry) => within(within(entry, 'configMapRef', configMap), 'secretRef', secret);
  const container: Change = (entry) => withinEach(withinEach(entry, 'env', variable), 'envFrom', variables);
  return within(template, 'spec', (spec) =>
    withinEach(withinEach(withinEach(spec, 'volumes', volume), 'initContainers', container), 'containers', container),
  );
};

/** Every ConfigMap and Secret that the template refers to, once each, by kind and name; optional if all references are. */
export const configRefs = (template: JsonRecord): readonly ConfigRef[] => {
  const found = new Map<string, ConfigRef>();
  mapConfigRefs(template, (ref) => {
    const key = `${ref.kind} ${ref.name}`;
    found.set(key, { ...ref, optional: ref.optional && (found.get(key)?.optional ?? true) });
    return ref.name;
  });
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ref]) => ref);
};
