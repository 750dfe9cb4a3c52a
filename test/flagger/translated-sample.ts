import { type Translated, translate } from '#src/flagger/translate.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { fieldSample, type SamplePlane } from './samples.ts';

const known = new Map<string, Translated>();

/** Translates each Canary once: the page and its test ask for the same ones. */
const translatedOnce = (canary: KubeObject): Translated => {
  const key = JSON.stringify(canary);
  const translated = known.get(key) ?? translate(canary);
  known.set(key, translated);
  return translated;
};

/** What the sample of a field on a data plane is translated to, and the Canary without it. */
export const translatedSample = (
  plane: SamplePlane,
  path: string,
): { readonly before: Translated; readonly after: Translated } => {
  const { before, after } = fieldSample(plane, path);
  return { before: translatedOnce(before), after: translatedOnce(after) };
};
