import type { JsonRecord } from '../lib/json.ts';
import { stringsAt } from '../lib/json.ts';

/** Labels by which Flagger tells its primary from the target, in its order of preference: its `-selector-labels`. */
const SELECTOR_LABELS = ['app', 'name', 'app.kubernetes.io/name'] as const;

/** The label that Flagger rewrites, with the target's value; undefined for a target that Flagger could not run. */
export const flaggerLabel = (selector: JsonRecord): { readonly key: string; readonly value: string } | undefined => {
  const labels = stringsAt(selector, 'matchLabels');
  const key = SELECTOR_LABELS.find((label) => label in labels);
  const value = key === undefined ? undefined : labels[key];
  return key === undefined || value === undefined ? undefined : { key, value };
};

/**
 * The selector that Flagger gives `<target>-primary`, from the target's: one label, rewritten; undefined where Flagger
 * would have none. A primary that has it can be handed to Flagger as it is.
 */
export const flaggerSelector = (selector: JsonRecord): JsonRecord | undefined => {
  const label = flaggerLabel(selector);
  return label && { matchLabels: { [label.key]: `${label.value}-primary` } };
};
