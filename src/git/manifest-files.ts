import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { isRecord, type JsonRecord } from '../lib/json.ts';
import type { Files } from './files.ts';
import { decodeText } from './yaml-edit.ts';

/** One YAML document of a repository. */
export type ManifestDocument = { readonly file: string; readonly document: number; readonly value: JsonRecord };

/** The names that kustomize looks for, in its order. */
export const KUSTOMIZATION_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

/** More files than one application has; a bigger folder means that `path` points too high. */
const MAX_FILES = 5000;

/** Reads the manifests of one revision; each file is parsed once. */
export class ManifestFiles {
  readonly files: Files;
  readonly #documents = new Map<string, readonly ManifestDocument[]>();
  /** Files that are no YAML, such as templates, to be named when nothing is found. */
  readonly unreadable = new Set<string>();

  constructor(files: Files) {
    this.files = files;
  }

  /** Documents of one file that are objects; undefined when there is no such file. */
  async documents(file: string): Promise<readonly ManifestDocument[] | undefined> {
    const known = this.#documents.get(file);
    if (known !== undefined) return known;
    const bytes = await this.files.read(file);
    if (bytes === undefined) return undefined;
    const found: ManifestDocument[] = [];
    try {
      loadAll(decodeText(bytes).replace(/^\uFEFF/, ''), { schema: CORE_SCHEMA }).forEach((value, document) => {
        if (isRecord(value)) found.push({ file, document, value });
      });
    } catch {
      this.unreadable.add(file);
    }
    this.#documents.set(file, found);
    return found;
  }

  /** Path of the folder's kustomization file, if it has one. */
  async kustomizationOf(folder: string): Promise<string | undefined> {
    const entries = await this.files.list(folder);
    const name = KUSTOMIZATION_NAMES.find((one) =>
      entries?.some((entry) => entry.kind === 'file' && entry.name === one),
    );
    return name === undefined ? undefined : below(folder, name);
  }

  /**
   * What Flux applies of a folder without kustomization file: every `.yaml` and `.yml` in it and below it, hidden
   * folders included; a folder that has a kustomization file counts as one.
   */
  async plainContent(
    folder: string,
  ): Promise<{ readonly files: readonly string[]; readonly folders: readonly string[] }> {
    const files: string[] = [];
    const folders: string[] = [];
    const pending = [folder];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      for (const entry of (await this.files.list(at)) ?? []) {
        const path = below(at, entry.name);
        if (entry.kind === 'file' && /\.ya?ml$/.test(entry.name)) files.push(path);
        if (entry.kind !== 'folder') continue;
        if ((await this.kustomizationOf(path)) === undefined) pending.push(path);
        else folders.push(path);
      }
      if (files.length > MAX_FILES) throw new RangeError(`it holds more than ${MAX_FILES} YAML files`);
    }
    return { files: files.sort(), folders: folders.sort() };
  }
}

const below = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);
