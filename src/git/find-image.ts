import { nearest } from '../api/nearest.ts';
import { type JsonRecord, listAt, stringAt } from '../lib/json.ts';
import { messageOf } from '../lib/message-of.ts';
import type { Files } from './files.ts';
import { joinPath, resolvePath } from './git-path.ts';
import { applyImages, type ImageState, manifestImage, placeText } from './image-state.ts';
import type { ManifestDocument, ManifestFiles } from './manifest-files.ts';
import { Refusal } from './refusal.ts';

/** The container whose image is looked for. */
export type ImageQuery = {
  /** Folder that the GitOps tool applies, from the top of the repository. */
  readonly path: string;
  /** Nothing outside it is read. */
  readonly root: string;
  readonly target: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly container: string;
};

/** A workload that may be the target, with what the folders above it make of its name and image. */
type Candidate = {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly image: ImageState;
};

const MAX_DEPTH = 20;

/**
 * Where below a path the image of one container is decided, and what it is: the workload's manifest, or the outermost
 * kustomization above it that replaces the name or the version. Only local files are followed. Throws Refusal
 * `PathNotFound`, `ImageNotFound` or `Ambiguous`, naming the files.
 */
export const findImage = async (manifests: ManifestFiles, query: ImageQuery): Promise<ImageState> => {
  await requireFolder(manifests.files, query.path);
  const finder = new Finder(manifests, query);
  const all = await finder.folder(query.path, 0);
  const fitting = all.filter(
    ({ name, namespace }) =>
      name === query.target.name && (namespace === undefined || namespace === query.target.namespace),
  );
  const [only, ...others] = fitting;
  if (only === undefined) throw notFound(query, manifests);
  if (others.length > 0) {
    const places = await Promise.all(fitting.map(({ image }) => imagePlace(manifests.files, image)));
    const named = [...new Set(places)].join(' and in ');
    throw new Refusal('Ambiguous', `the image of ${describe(query)} stands in ${named}, want it in one place`);
  }
  return only.image;
};

/** Throws Refusal `PathNotFound` when there is no such folder. */
export const requireFolder = async (files: Files, path: string): Promise<void> => {
  if ((await files.list(path)) !== undefined) return;
  if ((await files.read(path)) !== undefined) {
    throw new Refusal('PathNotFound', `path "${path}" is a file, want a folder`);
  }
  const meant = await nearestFolder(files, path);
  const hint = meant === undefined ? '' : `: did you mean "${meant}"?`;
  throw new Refusal('PathNotFound', `path "${path}" does not exist, want the folder of the target's manifests${hint}`);
};

/** `path` up to its first name that does not exist, with the name that was probably meant instead. */
const nearestFolder = async (files: Files, path: string): Promise<string | undefined> => {
  const names = path.split('/');
  for (const [index, name] of names.entries()) {
    const above = names.slice(0, index).join('/');
    const folders = ((await files.list(above)) ?? []).flatMap((entry) => (entry.kind === 'folder' ? entry.name : []));
    if (folders.includes(name)) continue;
    const meant = nearest(name, folders);
    return meant === undefined ? undefined : joinPath(above, meant);
  }
  return undefined;
};

const describe = ({ target, container }: ImageQuery): string =>
  `container ${container} of ${target.kind} ${target.namespace}/${target.name}`;

/** Where the version of an image is decided: file and line. */
export const imagePlace = async (files: Files, { manifest, version }: ImageState): Promise<string> => {
  const place = version?.tag ?? version?.digest ?? manifest;
  return placeText(place, await files.read(place.file));
};

const notFound = (query: ImageQuery, manifests: ManifestFiles): Refusal => {
  const skipped = [...manifests.unreadable].sort().slice(0, 3).join(', ');
  const hint = skipped === '' ? '' : `; not readable as YAML: ${skipped}`;
  return new Refusal('ImageNotFound', `no file below "${query.path}" holds the image of ${describe(query)}${hint}`);
};

class Finder {
  readonly #manifests: ManifestFiles;
  readonly #query: ImageQuery;
  readonly #open = new Set<string>();

  constructor(manifests: ManifestFiles, query: ImageQuery) {
    this.#manifests = manifests;
    this.#query = query;
  }

  /** Candidates that a folder yields. */
  async folder(folder: string, depth: number): Promise<readonly Candidate[]> {
    if (depth > MAX_DEPTH || this.#open.has(folder)) {
      throw new Refusal('NotEditable', `kustomizations refer to each other in a circle at "${folder}"`);
    }
    this.#open.add(folder);
    const file = await this.#manifests.kustomizationOf(folder);
    const found =
      file === undefined ? await this.#plain(folder, depth) : await this.#kustomization(folder, file, depth);
    this.#open.delete(folder);
    return found;
  }

  async #plain(folder: string, depth: number): Promise<readonly Candidate[]> {
    const content = await this.#manifests.plainContent(folder).catch((error: unknown) => {
      if (error instanceof RangeError) throw new Refusal('NotEditable', `path "${folder}": ${messageOf(error)}`);
      throw error;
    });
    const found: Candidate[] = [];
    for (const file of content.files) found.push(...(await this.#file(file)));
    for (const below of content.folders) found.push(...(await this.folder(below, depth + 1)));
    return found;
  }

  async #kustomization(folder: string, file: string, depth: number): Promise<readonly Candidate[]> {
    const [document] = (await this.#manifests.documents(file)) ?? [];
    if (document === undefined) throw new Refusal('NotEditable', `${file} is no YAML object, want a kustomization`);
    const found: Candidate[] = [];
    for (const field of ['resources', 'bases', 'components']) {
      for (const reference of listAt(document.value, field)) {
        if (typeof reference === 'string') found.push(...(await this.#reference(folder, reference, depth)));
      }
    }
    const { value } = document;
    const patched = await this.#patched(folder, value, found);
    return patched.map(({ name, namespace, image }) => ({
      name: `${stringAt(value, 'namePrefix') ?? ''}${name}${stringAt(value, 'nameSuffix') ?? ''}`,
      namespace: stringAt(value, 'namespace') ?? namespace,
      image: applyImages(image, document),
    }));
  }

  async #reference(folder: string, reference: string, depth: number): Promise<readonly Candidate[]> {
    // Remote bases are never followed: they are not ours to edit.
    if (/:\/\/|^[^/]+@|\?ref=|^github\.com\//.test(reference)) return [];
    const path = resolvePath(folder, reference, this.#query.root);
    if (path === undefined) return [];
    if ((await this.#manifests.files.list(path)) !== undefined) return this.folder(path, depth + 1);
    return this.#file(path);
  }

  async #file(file: string): Promise<readonly Candidate[]> {
    const { target, container } = this.#query;
    return ((await this.#manifests.documents(file)) ?? []).flatMap((document) => {
      if (stringAt(document.value, 'kind') !== target.kind) return [];
      const name = stringAt(document.value, 'metadata', 'name');
      const image = manifestImage(document, container);
      if (name === undefined || image === undefined) return [];
      return [{ name, namespace: stringAt(document.value, 'metadata', 'namespace'), image }];
    });
  }

  /** Candidates after this kustomization's patches; a patch file that names the image becomes its place. */
  async #patched(folder: string, value: JsonRecord, candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    let patched = candidates;
    for (const entry of [
      ...listAt(value, 'patchesStrategicMerge'),
      ...listAt(value, 'patches'),
      ...listAt(value, 'patchesJson6902'),
    ]) {
      const path = typeof entry === 'string' && !entry.includes('\n') ? entry : stringAt(entry, 'path');
      const file = path === undefined ? undefined : resolvePath(folder, path, this.#query.root);
      if (file === undefined) this.#refuseInline(folder, typeof entry === 'string' ? entry : stringAt(entry, 'patch'));
      else patched = await this.#patchFile(file, { entry, candidates: patched });
    }
    return patched;
  }

  async #patchFile(
    file: string,
    { entry, candidates }: { readonly entry: unknown; readonly candidates: readonly Candidate[] },
  ): Promise<readonly Candidate[]> {
    let patched = candidates;
    for (const document of (await this.#manifests.documents(file)) ?? []) {
      const image = manifestImage(document, this.#query.container);
      const name = stringAt(entry, 'target', 'name') ?? stringAt(document.value, 'metadata', 'name');
      if (image === undefined || !this.#patchesTarget(entry, document)) continue;
      patched = patched.map((one) => (name === undefined || one.name === name ? { ...one, image } : one));
    }
    // A list of JSON patch operations is no object, so it is not among the documents.
    const text = (await this.#manifests.files.read(file))?.toString() ?? '';
    if (/^\s*-?\s*path:\s*["']?\/spec\/.*\/image["']?\s*$/m.test(text)) {
      throw new Refusal('NotEditable', `${file} sets an image by a JSON patch, want it in a manifest or in images`);
    }
    return patched;
  }

  #patchesTarget(entry: unknown, document: ManifestDocument): boolean {
    const kind = stringAt(entry, 'target', 'kind') ?? stringAt(document.value, 'kind');
    return kind === undefined || kind === this.#query.target.kind;
  }

  #refuseInline(folder: string, patch: string | undefined): void {
    if (patch === undefined || !/\bimage["']?\s*:|\/image\b/.test(patch)) return;
    if (!patch.includes(this.#query.container) && !patch.includes('/image')) return;
    throw new Refusal(
      'NotEditable',
      `an inline patch in "${folder}" sets an image, want it in a manifest or in images`,
    );
  }
}
