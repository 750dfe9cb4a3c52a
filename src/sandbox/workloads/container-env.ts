import { at, listAt, recordAt, stringAt, stringsAt } from '../../lib/json.ts';
import type { ClusterBackend } from '../backend.ts';

/** What a container or a volume needs and does not find. */
export type MissingConfig = {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  /** The kubelet's words. */
  readonly message: string;
};

export type ContainerEnv = { readonly env: Readonly<Record<string, string>> } | { readonly missing: MissingConfig };

export type ConfigSource = { readonly backend: Pick<ClusterBackend, 'read'>; readonly namespace: string };

type Config = Readonly<Record<string, string>>;

const KINDS = [
  { kind: 'ConfigMap', keyRef: 'configMapKeyRef', fromRef: 'configMapRef', noun: 'configmap' },
  { kind: 'Secret', keyRef: 'secretKeyRef', fromRef: 'secretRef', noun: 'secret' },
] as const;
type ConfigKind = (typeof KINDS)[number];

const contentOf = ({ kind }: ConfigKind, name: string, { backend, namespace }: ConfigSource): Config | undefined => {
  const object = backend.read({ apiVersion: 'v1', kind, namespace, name });
  if (object === undefined) return undefined;
  if (kind === 'ConfigMap') return stringsAt(object, 'data');
  const decoded = Object.entries(stringsAt(object, 'data')).map(([key, value]): [string, string] => [
    key,
    Buffer.from(value, 'base64').toString(),
  ]);
  return Object.fromEntries(decoded);
};

const notFound = ({ kind, noun }: ConfigKind, name: string): MissingConfig => ({
  kind,
  name,
  message: `${noun} "${name}" not found`,
});

/**
 * The environment of a container: `envFrom` and `env` with values, ConfigMap and Secret keys; other sources
 * (fieldRef, resourceFieldRef) are left out. Or the first config that is missing and not optional.
 */
export const containerEnv = (container: unknown, source: ConfigSource): ContainerEnv => {
  const env: Record<string, string> = {};
  for (const from of listAt(container, 'envFrom')) {
    for (const kind of KINDS) {
      const ref = at(from, kind.fromRef);
      const name = stringAt(ref, 'name');
      if (name === undefined) continue;
      const content = contentOf(kind, name, source);
      if (content === undefined && at(ref, 'optional') !== true) return { missing: notFound(kind, name) };
      const prefix = stringAt(from, 'prefix') ?? '';
      for (const [key, value] of Object.entries(content ?? {})) env[`${prefix}${key}`] = value;
    }
  }
  for (const variable of listAt(container, 'env')) {
    const variableName = stringAt(variable, 'name') ?? '';
    const value = stringAt(variable, 'value');
    if (value !== undefined) env[variableName] = value;
    for (const kind of KINDS) {
      const ref = at(variable, 'valueFrom', kind.keyRef);
      const name = stringAt(ref, 'name');
      if (name === undefined) continue;
      const content = contentOf(kind, name, source);
      const key = stringAt(ref, 'key') ?? '';
      const found = content?.[key];
      if (found !== undefined) env[variableName] = found;
      else if (at(ref, 'optional') !== true) {
        if (content === undefined) return { missing: notFound(kind, name) };
        const message = `couldn't find key ${key} in ${kind.kind} ${source.namespace}/${name}`;
        return { missing: { kind: kind.kind, name, message } };
      }
    }
  }
  return { env };
};

/** The first ConfigMap or Secret that a volume of the pod needs and that does not exist. */
export const missingVolume = (podSpec: unknown, source: ConfigSource): MissingConfig | undefined => {
  for (const volume of listAt(podSpec, 'volumes')) {
    const sources = [volume, ...listAt(volume, 'projected', 'sources')];
    for (const from of sources) {
      for (const kind of KINDS) {
        const ref = recordAt(from, kind.noun === 'configmap' ? 'configMap' : 'secret');
        const name = stringAt(ref, 'name') ?? stringAt(ref, 'secretName');
        if (name === undefined || ref['optional'] === true) continue;
        if (contentOf(kind, name, source) === undefined) return notFound(kind, name);
      }
    }
  }
  return undefined;
};
