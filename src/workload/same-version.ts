import type { Images } from '../api/canary-status.ts';
import { ROLE_LABEL } from '../api/names.ts';
import type { JsonRecord } from '../lib/json.ts';
import { isRecord, recordAt, sameJson, stringsAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { configRefs, mapConfigRefs } from './config-refs.ts';
import type { ConfigLookup, Waiting } from './config-tracking.ts';
import { flaggerLabel } from './flagger-shape.ts';
import { type Change, within, withinEach } from './json-edit.ts';
import { kindOf } from './kinds/kind-of.ts';
import { imagesOf, POD_TEMPLATE_HASH, podLabels, templateOf } from './pod-template.ts';

/** On the pods of each primary of Flagger's: rolls them at every promotion. */
const FLAGGER_ID = 'flagger-id';

/** Every text of `value` that is `from`, as `to`, in selectors of affinity and spread: Flagger's rewriting of names. */
const renamedIn = (value: unknown, names: { readonly from: string; readonly to: string }): unknown => {
  if (value === names.from) return names.to;
  if (Array.isArray(value)) return value.map((item) => renamedIn(item, names));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renamedIn(item, names)]));
};

/** What two templates have in common if one was made of the other: without what Flagger rewrites and Serin adds. */
const withoutRewriting = (template: JsonRecord, { label, primary }: { label: string; primary: string }): JsonRecord => {
  const { [FLAGGER_ID]: _, ...annotations } = stringsAt(template, 'metadata', 'annotations');
  const { [label]: __, [POD_TEMPLATE_HASH]: ___, [ROLE_LABEL]: ____, ...labels } = podLabels(template);
  const { affinity, topologySpreadConstraints, ...spec } = recordAt(template, 'spec');
  const names = { from: primary, to: primary.slice(0, -'-primary'.length) };
  return {
    labels,
    annotations,
    spec,
    affinity: renamedIn(affinity, names),
    topologySpreadConstraints: renamedIn(topologySpreadConstraints, names),
  };
};

/** What is known of a config's content; undefined for one that is not there. */
type Content = { readonly content: string | undefined } | 'unread' | undefined;

const contentOf = (ref: Parameters<ConfigLookup>[0], lookup: ConfigLookup): Content => {
  const state = lookup(ref);
  if (state === 'missing') return undefined;
  return state === 'unread' || 'unreadable' in state ? 'unread' : { content: state.content };
};

/** Serin's copies have ten digits of a hash behind their name, Flagger's a word. */
const isCopyOf = (name: string, base: string): boolean =>
  name === `${base}-primary` || (name.startsWith(`${base}-`) && /^[0-9a-f]{10}$/.test(name.slice(base.length + 1)));

/** The template with images that were pinned to a digest as they are asked for. */
const withImagesOf = (template: JsonRecord, asked: Images): JsonRecord => {
  const container: Change = (entry) => {
    const { name, image } = entry;
    const wanted = typeof name === 'string' ? asked[name] : undefined;
    const isPinned = wanted !== undefined && typeof image === 'string' && image.startsWith(`${wanted}@sha256:`);
    return isPinned ? { ...entry, image: wanted } : entry;
  };
  return within(template, 'spec', (spec) =>
    withinEach(withinEach(spec, 'initContainers', container), 'containers', container),
  );
};

/**
 * Whether a primary of Flagger's, or one that Serin made in its shape, runs the version that the target asks for: the
 * same template but for what the two change on the way, and copies of configs with the content that the configs have now.
 */
export const isSameVersion = (
  { target, primary }: { readonly target: KubeObject; readonly primary: KubeObject },
  lookup: ConfigLookup,
): boolean | Waiting => {
  const label = flaggerLabel(recordAt(target, 'spec', 'selector'));
  if (label === undefined) return false;
  const asked = kindOf(target).template(target);
  const bases = configRefs(asked);
  const copies: (readonly [copy: Parameters<ConfigLookup>[0], base: Parameters<ConfigLookup>[0]])[] = [];
  const uncopied = mapConfigRefs(templateOf(primary), ({ kind, name }) => {
    const base = bases.find((one) => one.kind === kind && isCopyOf(name, one.name));
    if (base === undefined) return name;
    copies.push([{ kind, name }, base]);
    return base.name;
  });
  const names = { label: label.key, primary: `${target.metadata.name}-primary` };
  const served = withImagesOf(uncopied, imagesOf(asked));
  if (!sameJson(withoutRewriting(served, names), withoutRewriting(asked, names))) return false;
  for (const [copy, base] of copies) {
    const [theirs, ours] = [contentOf(copy, lookup), contentOf(base, lookup)];
    if (theirs === 'unread') return { waiting: `${copy.kind} ${copy.name} has not been read yet` };
    if (ours === 'unread') return { waiting: `${base.kind} ${base.name} has not been read yet` };
    if (theirs?.content === undefined || theirs.content !== ours?.content) return false;
  }
  return true;
};
