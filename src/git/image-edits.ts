import { formatImage, parseImage } from '../lib/image-reference.ts';
import type { ImageState, Place } from './image-state.ts';
import { Refusal } from './refusal.ts';

/** A scalar that is to change. */
export type PlaceEdit = { readonly place: Place; readonly to: string };

/**
 * The scalars to change so that the image which is `state.reference` becomes `wanted`. Keys are never added or taken
 * away: what would need that is refused.
 */
export const imageEdits = (state: ImageState, wanted: string): readonly PlaceEdit[] => {
  const from = parseImage(state.reference);
  const to = parseImage(wanted);
  const own = parseImage(state.manifest.value);
  const refuse = (why: string): Refusal =>
    new Refusal('NotEditable', `cannot change ${state.reference} to ${wanted}: ${why}`);
  if (from === undefined || to === undefined || own === undefined) throw refuse('it is no image reference');
  const edits: PlaceEdit[] = [];
  const renamed = from.name !== to.name;
  if (renamed && state.newName !== undefined) edits.push({ place: state.newName, to: to.name });
  if (renamed && state.newName === undefined && state.version !== undefined) {
    throw refuse(`${state.version.tag?.file ?? state.version.digest?.file} finds the image by its name`);
  }
  const moved = from.tag !== to.tag || from.digest !== to.digest;
  if (moved && state.version !== undefined) {
    edits.push(
      ...versionEdit(state.version.tag, to.tag, refuse),
      ...versionEdit(state.version.digest, to.digest, refuse),
    );
  }
  const manifestName = renamed && state.newName === undefined ? to.name : own.name;
  const version = moved && state.version === undefined ? to : own;
  const manifest = formatImage({ ...version, name: manifestName });
  if (manifest !== state.manifest.value) edits.push({ place: state.manifest, to: manifest });
  return edits;
};

const versionEdit = (
  place: Place | undefined,
  to: string | undefined,
  refuse: (why: string) => Refusal,
): readonly PlaceEdit[] => {
  if (place === undefined && to === undefined) return [];
  if (place === undefined) throw refuse('the images entry lacks a key for that part of the version');
  if (to === undefined) throw refuse(`${place.file} holds ${String(place.path.at(-1))}, which the other version lacks`);
  return place.value === to ? [] : [{ place, to }];
};
