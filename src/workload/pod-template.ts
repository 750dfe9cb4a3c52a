import type { Digests, Images } from '../api/canary-status.ts';
import { hashOf } from '../lib/hash.ts';
import type { JsonRecord } from '../lib/json.ts';
import { listAt, recordAt, stringAt, stringsAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { Change } from './json-edit.ts';
import { within, withinEach } from './json-edit.ts';

/** Put on every ReplicaSet's template by the Deployment controller. */
export const POD_TEMPLATE_HASH = 'pod-template-hash';

const CONTAINER_LISTS = ['initContainers', 'containers'] as const;

/** The pod template of a workload; empty for what has none. */
export const templateOf = (workload: KubeObject): JsonRecord => recordAt(workload, 'spec', 'template');

/** Labels that a template gives its pods. */
export const podLabels = (template: JsonRecord): Readonly<Record<string, string>> =>
  stringsAt(template, 'metadata', 'labels');

/** Container name → image as it is written, init containers included. */
export const imagesOf = (template: JsonRecord): Images => {
  const images: Record<string, string> = {};
  for (const list of CONTAINER_LISTS) {
    for (const container of listAt(template, 'spec', list)) {
      const [name, image] = [stringAt(container, 'name'), stringAt(container, 'image')];
      if (name !== undefined && image !== undefined) images[name] = image;
    }
  }
  return images;
};

/** `name:tag@digest`; a digest that the reference has already is replaced. */
export const pinnedImage = (image: string, digest: string): string => `${image.split('@', 1)[0] ?? image}@${digest}`;

/** The template with the image of each named container pinned to its digest. */
export const withDigests = (template: JsonRecord, digests: Digests): JsonRecord => {
  const pin: Change = (container) => {
    const digest = digests[stringAt(container, 'name') ?? ''];
    const image = stringAt(container, 'image');
    return digest === undefined || image === undefined
      ? container
      : { ...container, image: pinnedImage(image, digest) };
  };
  return within(template, 'spec', (spec) =>
    CONTAINER_LISTS.reduce((pinned, list) => withinEach(pinned, list, pin), spec),
  );
};

/** The template as Kubernetes' controllers compare it: without their own label, and without an empty timestamp. */
export const comparable = (template: JsonRecord): JsonRecord => {
  const { [POD_TEMPLATE_HASH]: _, ...labels } = podLabels(template);
  const { creationTimestamp, ...metadata } = recordAt(template, 'metadata');
  return { ...template, metadata: { ...metadata, ...(creationTimestamp ? { creationTimestamp } : {}), labels } };
};

const hashes = new WeakMap<KubeObject, string>();

/**
 * Canonical hash of a workload's template: equal for equal templates, in any cluster. Hexadecimal, 64 digits. It is
 * remembered for each object, because objects in caches are looked at often and never change.
 */
export const templateHash = (workload: KubeObject): string => {
  const known = hashes.get(workload);
  if (known !== undefined) return known;
  const hash = hashOf(comparable(templateOf(workload)));
  hashes.set(workload, hash);
  return hash;
};
