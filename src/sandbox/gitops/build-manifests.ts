import { resolvePath } from '../../git/git-path.ts';
import { type ManifestDocument, ManifestFiles } from '../../git/manifest-files.ts';
import { formatImage, type ImageReference, parseImage } from '../../lib/image-reference.ts';
import { isRecord, type JsonRecord, listAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { MemoryFiles } from '../git/memory-files.ts';

/** All that a kustomization may hold here; kustomize knows more. */
const KNOWN_FIELDS = ['apiVersion', 'kind', 'metadata', 'resources', 'images'];
const IMAGE_FIELDS = ['name', 'newName', 'newTag', 'digest'];

/**
 * The objects that a folder asks for: a kustomization with `resources` and `images`, or every YAML file below it.
 * Throws RangeError for anything else, never guesses.
 */
export const buildManifests = async (
  files: ReadonlyMap<string, string>,
  folder: string,
): Promise<readonly KubeObject[]> => {
  const manifests = new ManifestFiles(new MemoryFiles(Object.fromEntries(files)));
  if ((await manifests.files.list(folder)) === undefined) throw new RangeError(`path "${folder}" does not exist`);
  const documents = await documentsOf(folder, { manifests, above: [] });
  const [broken] = manifests.unreadable;
  if (broken !== undefined) throw new RangeError(`${broken} is no YAML`);
  return documents.map(toObject);
};

type Walk = { readonly manifests: ManifestFiles; readonly above: readonly string[] };

const documentsOf = async (folder: string, { manifests, above }: Walk): Promise<readonly ManifestDocument[]> => {
  if (above.includes(folder)) throw new RangeError(`kustomizations refer to each other in a circle at "${folder}"`);
  const walk = { manifests, above: [...above, folder] };
  const file = await manifests.kustomizationOf(folder);
  if (file === undefined) {
    const content = await manifests.plainContent(folder);
    const own = await Promise.all(content.files.map((path) => manifests.documents(path)));
    const below = await Promise.all(content.folders.map((path) => documentsOf(path, walk)));
    return [...own.flatMap((found) => found ?? []), ...below.flat()];
  }
  const [kustomization] = (await manifests.documents(file)) ?? [];
  if (kustomization === undefined) throw new RangeError(`${file} is no kustomization`);
  const unknown = Object.keys(kustomization.value).find((field) => !KNOWN_FIELDS.includes(field));
  if (unknown !== undefined) throw new RangeError(`${file}: ${unknown} is not supported, only resources and images`);
  const found: ManifestDocument[] = [];
  for (const reference of listAt(kustomization.value, 'resources')) {
    const path = typeof reference === 'string' ? resolvePath(folder, reference, '') : undefined;
    const inside = path === undefined ? undefined : await manifests.files.list(path);
    const documents =
      path === undefined
        ? undefined
        : inside === undefined
          ? await manifests.documents(path)
          : await documentsOf(path, walk);
    if (documents === undefined) throw new RangeError(`${file}: resource ${JSON.stringify(reference)} does not exist`);
    found.push(...documents);
  }
  const images = listAt(kustomization.value, 'images').map((entry) => imageEntry(entry, file));
  return found.map((document) => ({ ...document, value: withImages(document.value, images) }));
};

type ImageEntry = {
  readonly name: string;
  readonly newName?: string;
  readonly newTag?: string;
  readonly digest?: string;
};

const imageEntry = (entry: unknown, file: string): ImageEntry => {
  const name = stringAt(entry, 'name');
  const good =
    isRecord(entry) &&
    Object.entries(entry).every(([key, value]) => IMAGE_FIELDS.includes(key) && typeof value === 'string');
  if (!good || name === undefined)
    throw new RangeError(`${file}: images entries want ${IMAGE_FIELDS.join(', ')} as text`);
  return { ...entry, name };
};

/** Replaces images in every list of containers, wherever it stands. */
const withImages = (value: JsonRecord, images: readonly ImageEntry[]): JsonRecord => {
  const walk = (node: unknown, inContainers: boolean): unknown => {
    if (Array.isArray(node)) return node.map((item) => walk(item, inContainers));
    if (!isRecord(node)) return node;
    const entries = Object.entries(node).map(([key, child]): [string, unknown] => {
      if (inContainers && key === 'image' && typeof child === 'string') return [key, replaced(child, images)];
      return [key, walk(child, key === 'containers' || key === 'initContainers')];
    });
    return Object.fromEntries(entries);
  };
  const walked = walk(value, false);
  return isRecord(walked) ? walked : value;
};

const replaced = (text: string, images: readonly ImageEntry[]): string =>
  images.reduce((current, { name, newName, newTag, digest }) => {
    const image = parseImage(current);
    if (image?.name !== name) return current;
    const version: Omit<ImageReference, 'name'> =
      newTag === undefined && digest === undefined
        ? image
        : { ...(newTag === undefined ? {} : { tag: newTag }), ...(digest === undefined ? {} : { digest }) };
    return formatImage({ ...version, name: newName ?? name });
  }, text);

const toObject = ({ file, value }: ManifestDocument): KubeObject => {
  const apiVersion = stringAt(value, 'apiVersion');
  const kind = stringAt(value, 'kind');
  const name = stringAt(value, 'metadata', 'name');
  const metadata = value['metadata'];
  if (apiVersion === undefined || kind === undefined || name === undefined || !isRecord(metadata)) {
    throw new RangeError(`${file} is no Kubernetes object: want apiVersion, kind and metadata.name`);
  }
  return { ...value, apiVersion, kind, metadata: { ...metadata, name } };
};
