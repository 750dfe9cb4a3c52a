import { chmod, chown, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Cancel, Clock } from '#src/lib/clock.ts';
import { at, listAt, numberAt, stringAt } from '#src/lib/json.ts';
import type { Identity } from './identity.ts';
import type { Log } from './log.ts';
import type { PodApi } from './pod-api.ts';
import { isWritten, type VolumeContext, type VolumeFile, volumeFiles, volumeTokens } from './volume-files.ts';

export type PodVolumesOptions = VolumeContext & {
  /** The pod's own. */
  readonly folder: string;
  readonly api: PodApi;
  readonly clock: Clock;
  readonly log: Log;
};

/** Of its life, when a token is asked for anew. */
const REFRESH_AT = 0.8;

/** The folders behind a pod's volumes, kept up to date until they are removed. */
export class PodVolumes {
  readonly #options: PodVolumesOptions;
  readonly #tokens = new Map<string, VolumeFile>();
  readonly #timers = new Set<Cancel>();
  /** Who reads: known when the first container starts. */
  #owner: Pick<Identity, 'uid' | 'fsGroup'> | undefined;
  #made: Promise<void> | undefined;
  #closed = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: PodVolumesOptions) {
    this.#options = options;
  }

  /** Makes all of them; calling it again brings them up to date. */
  async prepare(owner: Pick<Identity, 'uid' | 'fsGroup'>): Promise<void> {
    this.#owner ??= owner;
    // Once for all containers of the pod; what could not be made is tried again at the next start.
    this.#made ??= this.#makeAll().catch((error: unknown) => {
      this.#made = undefined;
      throw error;
    });
    await this.#made;
    await this.update();
  }

  /** A ConfigMap or Secret may have changed. */
  update(): Promise<void> {
    const written = this.#writing.then(async () => {
      if (this.#made === undefined || this.#closed) return;
      await this.#made;
      for (const volume of this.#volumes()) if (isWritten(volume)) await this.#write(volume);
    });
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** The folder of the volume of that name. */
  path(name: string): string {
    return join(this.#options.folder, 'volumes', name);
  }

  async remove(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#timers) cancel();
    await this.#writing;
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  #volumes(): readonly unknown[] {
    return listAt(this.#options.pod, 'spec', 'volumes');
  }

  async #makeAll(): Promise<void> {
    for (const volume of this.#volumes()) await this.#make(volume);
    for (const volume of this.#volumes()) await this.#refreshTokens(volume);
  }

  async #make(volume: unknown): Promise<void> {
    const name = nameOf(volume);
    if (!isWritten(volume) && at(volume, 'emptyDir') === undefined) {
      throw new Error(`Cannot mount volume "${name}": want emptyDir, configMap, secret, downwardAPI or projected`);
    }
    const folder = this.path(name);
    await mkdir(folder, { recursive: true });
    const { fsGroup } = this.#owner ?? {};
    if (fsGroup !== undefined) await chown(folder, 0, fsGroup);
    await chmod(folder, isWritten(volume) ? 0o755 : fsGroup === undefined ? 0o777 : 0o2777);
  }

  async #refreshTokens(volume: unknown): Promise<void> {
    const { api, pod, clock, log } = this.#options;
    for (const wanted of volumeTokens(volume)) {
      const { token, expiresAt } = await api.token(pod, wanted);
      if (this.#closed) return;
      // Only who runs may read it.
      this.#tokens.set(join(nameOf(volume), wanted.path), { content: Buffer.from(token), mode: 0o600 });
      const cancel = clock.after((expiresAt - clock.now()) * REFRESH_AT, () => {
        this.#timers.delete(cancel);
        this.#refreshTokens(volume)
          .then(() => this.update())
          .catch((error: unknown) => log('A token cannot be refreshed', { pod: pod.metadata.name, error }));
      });
      this.#timers.add(cancel);
    }
  }

  async #write(volume: unknown): Promise<void> {
    const name = nameOf(volume);
    const folder = this.path(name);
    const files = new Map(volumeFiles(volume, this.#options));
    for (const { path } of volumeTokens(volume)) {
      const token = this.#tokens.get(join(name, path));
      if (token !== undefined) files.set(path, token);
    }
    const fallback = ['configMap', 'secret', 'projected', 'downwardAPI']
      .map((kind) => numberAt(volume, kind, 'defaultMode'))
      .find((mode) => mode !== undefined);
    for (const [path, file] of files) await this.#writeFile(join(folder, path), file, fallback ?? 0o644);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = relative(folder, join(entry.parentPath, entry.name));
      if (entry.isFile() && !files.has(path)) await rm(join(folder, path));
    }
  }

  async #writeFile(file: string, { content, mode }: VolumeFile, fallback: number): Promise<void> {
    const { uid = 0, fsGroup } = this.#owner ?? {};
    await mkdir(dirname(file), { recursive: true });
    const bits = mode ?? fallback;
    await writeFile(`${file}.new`, content);
    // As a kubelet does: the group reads where there is one, else who runs owns it.
    await chmod(`${file}.new`, fsGroup === undefined ? bits : bits | 0o440);
    await chown(`${file}.new`, fsGroup === undefined ? uid : 0, fsGroup ?? 0);
    await rename(`${file}.new`, file);
  }
}

const nameOf = (volume: unknown): string => stringAt(volume, 'name') ?? '';

/** Makes a `subPath` of a volume if nothing is there yet. */
export const subPathOf = async (folder: string, subPath: string | undefined): Promise<string> => {
  if (subPath === undefined) return folder;
  const path = join(folder, subPath);
  await stat(path).catch(() => mkdir(path, { recursive: true }));
  return path;
};
