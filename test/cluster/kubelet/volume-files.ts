import { at, listAt, numberAt, stringAt, stringsAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { ClusterBackend } from '#src/sandbox/backend.ts';
import { downwardField, type PodPlace } from './downward.ts';

export type VolumeFile = { readonly content: Buffer; readonly mode: number | undefined };

/** What a volume has in it, by path; tokens are asked for apart, because they run out. */
export type VolumeFiles = ReadonlyMap<string, VolumeFile>;

export type TokenWanted = { readonly path: string; readonly seconds: number; readonly audience?: string };

export type VolumeContext = {
  readonly pod: KubeObject;
  readonly place: PodPlace;
  readonly backend: Pick<ClusterBackend, 'read'>;
};

/** The parts of a projected volume, or the volume itself. */
const sourcesOf = (volume: unknown): readonly unknown[] => {
  const projected = at(volume, 'projected');
  return projected === undefined ? [volume] : listAt(projected, 'sources');
};

/** True for a volume whose files the kubelet writes. */
export const isWritten = (volume: unknown): boolean =>
  ['configMap', 'secret', 'downwardAPI', 'projected'].some((kind) => at(volume, kind) !== undefined);

const KINDS = [
  { kind: 'ConfigMap', field: 'configMap', name: ['name'] },
  { kind: 'Secret', field: 'secret', name: ['secretName', 'name'] },
] as const;

const contentOf = (object: KubeObject | undefined): ReadonlyMap<string, Buffer> => {
  const encoding = object?.kind === 'Secret' ? 'base64' : 'utf8';
  const plain = Object.entries(stringsAt(object, 'data')).map(([key, value]): [string, Buffer] => [
    key,
    Buffer.from(value, encoding),
  ]);
  const binary = Object.entries(stringsAt(object, 'binaryData')).map(([key, value]): [string, Buffer] => [
    key,
    Buffer.from(value, 'base64'),
  ]);
  return new Map([...plain, ...binary]);
};

/** The files that a volume should have now. A config that is missing has none. */
export const volumeFiles = (volume: unknown, { pod, place, backend }: VolumeContext): VolumeFiles => {
  const files = new Map<string, VolumeFile>();
  for (const source of sourcesOf(volume)) {
    for (const { kind, field, name: names } of KINDS) {
      const ref = at(source, field);
      const name = names.map((one) => stringAt(ref, one)).find((one) => one !== undefined);
      if (name === undefined) continue;
      const { namespace = '' } = pod.metadata;
      const content = contentOf(backend.read({ apiVersion: 'v1', kind, namespace, name }));
      const items = listAt(ref, 'items');
      const chosen =
        items.length === 0
          ? [...content.keys()].map((key) => ({ key, path: key, mode: undefined }))
          : items.map((item) => ({
              key: stringAt(item, 'key') ?? '',
              path: stringAt(item, 'path') ?? '',
              mode: numberAt(item, 'mode'),
            }));
      for (const { key, path, mode } of chosen) {
        const found = content.get(key);
        if (found !== undefined) files.set(path, { content: found, mode });
      }
    }
    for (const item of listAt(source, 'downwardAPI', 'items')) {
      const value = downwardField(pod, stringAt(item, 'fieldRef', 'fieldPath') ?? '', place);
      const path = stringAt(item, 'path');
      if (path !== undefined && value !== undefined) {
        files.set(path, { content: Buffer.from(value), mode: numberAt(item, 'mode') });
      }
    }
  }
  return files;
};

/** The tokens that a volume should have. */
export const volumeTokens = (volume: unknown): readonly TokenWanted[] =>
  sourcesOf(volume).flatMap((source) => {
    const path = stringAt(source, 'serviceAccountToken', 'path');
    if (path === undefined) return [];
    const audience = stringAt(source, 'serviceAccountToken', 'audience');
    const seconds = numberAt(source, 'serviceAccountToken', 'expirationSeconds') ?? 3600;
    return [{ path, seconds, ...(audience === undefined ? {} : { audience }) }];
  });
