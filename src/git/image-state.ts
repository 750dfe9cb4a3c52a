import { formatImage, type ImageReference, parseImage } from '../lib/image-reference.ts';
import { at, listAt, stringAt } from '../lib/json.ts';
import type { ManifestDocument } from './manifest-files.ts';
import { Refusal } from './refusal.ts';
import { lineOf } from './yaml-edit.ts';
import type { YamlAddress } from './yaml-locate.ts';

/** One scalar in one file. */
export type Place = YamlAddress & { readonly file: string; readonly value: string };

/** `file:line` of a place; its document where the line cannot be told. */
export const placeText = (place: Place, bytes: Buffer | undefined): string => {
  const { file, document } = place;
  const line = bytes === undefined ? undefined : lineOf(bytes, place);
  if (line !== undefined) return `${file}:${line}`;
  return document === 0 ? file : `${file} (document ${document + 1})`;
};

/**
 * An image on its way out through the kustomizations: what it is by now, the manifest that it comes from, and, where a
 * kustomization has replaced its name or its version, the fields that did.
 */
export type ImageState = {
  readonly reference: string;
  readonly manifest: Place;
  readonly newName?: Place;
  /** `newTag` and `digest` of one entry; together they replace tag and digest of the manifest. */
  readonly version?: { readonly tag?: Place; readonly digest?: Place };
};

const CONTAINER_LISTS = ['containers', 'initContainers'] as const;

/** The image of one container as a workload's manifest holds it; undefined when it does not name that container. */
export const manifestImage = (document: ManifestDocument, container: string): ImageState | undefined => {
  for (const list of CONTAINER_LISTS) {
    const pod = ['spec', 'template', 'spec', list] as const;
    const containers = listAt(document.value, ...pod);
    const index = containers.findIndex((one) => stringAt(one, 'name') === container);
    const reference = stringAt(containers[index], 'image');
    if (reference === undefined) continue;
    const { file, document: number } = document;
    return { reference, manifest: { file, document: number, path: [...pod, index, 'image'], value: reference } };
  }
  return undefined;
};

/** `state` after the `images` of a kustomization. */
export const applyImages = (state: ImageState, kustomization: ManifestDocument): ImageState => {
  const image = parseImage(state.reference);
  if (image === undefined) return state;
  const entries = listAt(kustomization.value, 'images');
  const matching = entries.flatMap((entry, index) => (stringAt(entry, 'name') === image.name ? [index] : []));
  const [index, ...others] = matching;
  if (index === undefined) return state;
  if (others.length > 0) {
    throw new Refusal(
      'Ambiguous',
      `${kustomization.file} holds ${matching.length} images entries for ${image.name}, want one`,
    );
  }
  const field = (key: 'newName' | 'newTag' | 'digest'): Place | undefined => {
    const value = at(entries[index], key);
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') {
      throw new Refusal(
        'NotEditable',
        `${kustomization.file}: images[${index}].${key} is a ${typeof value}, want it in quotes`,
      );
    }
    return { file: kustomization.file, document: kustomization.document, path: ['images', index, key], value };
  };
  const [newName, tag, digest] = [field('newName'), field('newTag'), field('digest')];
  const replaced = tag !== undefined || digest !== undefined;
  const next: ImageReference = {
    name: newName?.value ?? image.name,
    ...optional('tag', replaced ? tag?.value : image.tag),
    ...optional('digest', replaced ? digest?.value : image.digest),
  };
  return {
    ...state,
    reference: formatImage(next),
    ...optional('newName', newName),
    ...(replaced ? { version: { ...optional('tag', tag), ...optional('digest', digest) } } : {}),
  };
};

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } => {
  const entry: { [key in K]?: V } = {};
  if (value !== undefined) entry[key] = value;
  return entry;
};
