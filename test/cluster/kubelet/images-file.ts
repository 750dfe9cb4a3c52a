import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { z } from 'zod';
import type { Cancel } from '#src/lib/clock.ts';
import { type Image, type ImageBehaviour, ImageCatalogue } from '#src/sandbox/workloads/image-catalogue.ts';

/** An image whose containers are real processes. */
export type Program = {
  /** The container's command replaces it, its args are appended. */
  readonly argv: readonly string[];
  /** Files and folders of this machine that it sees, beside /usr and what argv names. */
  readonly paths: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

const maybe = z.exactOptional;
const count = z.number().min(0);

const Behaviour = z.strictObject({
  version: maybe(z.string()),
  errorRate: maybe(count.max(1)),
  latencyMs: maybe(count),
  readyAfterMs: maybe(count),
  neverReady: maybe(z.boolean()),
  crash: maybe(z.strictObject({ afterMs: count, exitCode: maybe(z.int()) })),
  pullError: maybe(z.string()),
  digest: maybe(z.string()),
  port: maybe(z.int()),
  drainMs: maybe(count),
}) satisfies z.ZodType<ImageBehaviour>;

const ProgramImage = z.strictObject({
  program: z.strictObject({
    argv: z.array(z.string()).min(1),
    paths: z.array(z.string()).default([]),
    env: z.record(z.string(), z.string()).default({}),
  }),
  digest: maybe(z.string()),
});

const Images = z.record(z.string(), z.union([ProgramImage, Behaviour]));

/** What the images file says, always as it is now. */
export type Images = {
  readonly find: (reference: string) => Image | undefined;
  /** Undefined when the image is an HTTP server of this process. */
  readonly program: (image: Image) => Program | undefined;
  /** Called after each change. */
  readonly onChange: (listener: () => void) => Cancel;
  readonly close: () => void;
};

type Known = { readonly catalogue: ImageCatalogue; readonly programs: ReadonlyMap<string, Program> };

/** Reads `{ reference: behaviour }`, where a behaviour is the sandbox's or `{ "program": { argv, env, paths } }`. */
export const parseImages = (json: string): Known => {
  const catalogue = new ImageCatalogue();
  const programs = new Map<string, Program>();
  for (const [name, image] of Object.entries(Images.parse(JSON.parse(json)))) {
    if (!('program' in image)) catalogue.publish(name, image);
    else {
      programs.set(name, image.program);
      catalogue.publish(name, image.digest === undefined ? {} : { digest: image.digest });
    }
  }
  return { catalogue, programs };
};

const POLL_MS = 100;

/** Follows the file. One that cannot be read at the start is an error; later, what was read before stays. */
export const followImages = (file: string, onError: (error: Error) => void): Images => {
  const read = (): Known => {
    try {
      return parseImages(readFileSync(file, 'utf8'));
    } catch (cause) {
      throw new Error(`Cannot read the images of ${file}`, { cause });
    }
  };
  let known = read();
  const listeners = new Set<() => void>();
  const reload = (): void => {
    try {
      known = read();
    } catch (error) {
      if (error instanceof Error) onError(error);
      return;
    }
    for (const listener of listeners) listener();
  };
  watchFile(file, { interval: POLL_MS }, reload);
  return {
    find: (reference) => known.catalogue.find(reference),
    program: (image) => known.programs.get(image.name),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => unwatchFile(file, reload),
  };
};
