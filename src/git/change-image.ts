import type { FileChanges, Files } from './files.ts';
import { imageEdits, type PlaceEdit } from './image-edits.ts';
import { type ImageState, placeText } from './image-state.ts';
import { Refusal } from './refusal.ts';
import { commentAt, editYaml } from './yaml-edit.ts';

/** What makes an image another one. */
export type ImageChange = {
  readonly changes: FileChanges;
  /** Image automation owns the field and would bump it straight back. */
  readonly automation?: Refusal;
};

/** The files with the image of `state` changed to `to`. Throws Refusal where no field can be changed alone. */
export const changeImage = async (files: Files, state: ImageState, to: string): Promise<ImageChange> => {
  const changes = new Map<string, Buffer>();
  let automation: Refusal | undefined;
  for (const edit of imageEdits(state, to)) {
    const { place } = edit;
    const bytes = changes.get(place.file) ?? (await files.read(place.file));
    if (bytes === undefined) throw new Refusal('ImageNotFound', `${place.file} does not exist`);
    changes.set(place.file, applyEdit(bytes, edit));
    if (commentAt(bytes, place).includes('$imagepolicy')) {
      const where = placeText(place, bytes);
      automation = new Refusal('AutomationOwned', `${where}: image automation sets this field ($imagepolicy)`);
    }
  }
  return automation === undefined ? { changes } : { changes, automation };
};

const applyEdit = (bytes: Buffer, { place, to }: PlaceEdit): Buffer => {
  const { file, document, path, value } = place;
  try {
    const result = editYaml(bytes, { document, path, from: value, to });
    if (result.kind === 'edited') return result.bytes;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const where = error.line === undefined ? file : `${file}:${error.line}`;
    throw new Refusal(error.reason, `${where}: ${error.message}`);
  }
  // The value was read from these very bytes: another answer means that two parsers disagree about the file.
  throw new Refusal('NotEditable', `${file} is read differently by two YAML readers`);
};
