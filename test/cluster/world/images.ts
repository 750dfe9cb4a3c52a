import { readFileSync, writeFileSync } from 'node:fs';
import { isRecord } from '#src/lib/json.ts';
import type { ImageBehaviour } from '#src/sandbox/workloads/image-catalogue.ts';
import { imagesOf } from '../components/kubelet.ts';
import type { Rig } from '../rig/rig.ts';

/** A program in place of the built-in application. */
export type ProgramImage = {
  readonly program: { readonly argv: readonly string[]; readonly env?: Readonly<Record<string, string>> };
};

/** Tells the kubelet what these images do, beside those that it knows. */
export const publish = (rig: Rig, images: Readonly<Record<string, ImageBehaviour | ProgramImage>>): void => {
  const known: unknown = JSON.parse(readFileSync(imagesOf(rig), 'utf8'));
  writeFileSync(imagesOf(rig), JSON.stringify({ ...(isRecord(known) ? known : {}), ...images }));
};
