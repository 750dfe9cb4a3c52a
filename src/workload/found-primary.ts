import { REVISION_LABEL } from '../api/names.ts';
import type { JsonRecord } from '../lib/json.ts';
import { isRecord, recordAt, sameJson, stringsAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { configRefs, mapConfigRefs } from './config-refs.ts';
import type { ConfigLookup, Waiting } from './config-tracking.ts';
import { flaggerLabel } from './flagger-shape.ts';
import { kindOf } from './kinds/kind-of.ts';
import type { Around } from './kinds/target-kind.ts';
import { POD_TEMPLATE_HASH, podLabels, templateOf } from './pod-template.ts';
import type { FoundRevision } from './revision.ts';

/** On the pods of each primary of Flagger's: rolls them at every promotion. */
const FLAGGER_ID = 'flagger-id';

/** True for a workload in the shape of Flagger's primary: a label of its selector has the primary's own name. */
export const isFlaggersPrimary = (object: KubeObject, primary: string): boolean =>
  Object.values(stringsAt(object, 'spec', 'selector', 'matchLabels')).includes(primary);

/** Every text of `value` that is `from`, as `to`, in selectors of affinity and spread: Flagger's rewriting of names. */
const renamedIn = (value: unknown, names: { readonly from: string; readonly to: string }): unknown => {
  if (value === names.from) return names.to;
  if (Array.isArray(value)) return value.map((item) => renamedIn(item, names));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renamedIn(item, names)]));
};

/** What two templates have in common if Flagger made one of the other: without what it rewrites. */
const withoutRewriting = (template: JsonRecord, { label, primary }: { label: string; primary: string }): JsonRecord => {
  const { [FLAGGER_ID]: _, ...annotations } = stringsAt(template, 'metadata', 'annotations');
  const { [label]: __, [POD_TEMPLATE_HASH]: ___, ...labels } = podLabels(template);
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

/**
 * Whether a primary of Flagger's runs the version that the target asks for: the same template but for what Flagger
 * rewrites, and copies of configs with the content that the configs have now.
 */
const isSameVersion = (
  { target, primary }: { readonly target: KubeObject; readonly primary: KubeObject },
  lookup: ConfigLookup,
): boolean | Waiting => {
  const label = flaggerLabel(recordAt(target, 'spec', 'selector'));
  if (label === undefined) return false;
  const asked = kindOf(target).template(target);
  const bases = new Set(configRefs(asked).map(({ kind, name }) => `${kind} ${name}`));
  const copies: (readonly [copy: Parameters<ConfigLookup>[0], base: Parameters<ConfigLookup>[0]])[] = [];
  const uncopied = mapConfigRefs(templateOf(primary), ({ kind, name }) => {
    const base = name.endsWith('-primary') ? name.slice(0, -'-primary'.length) : name;
    if (base === name || !bases.has(`${kind} ${base}`)) return name;
    copies.push([
      { kind, name },
      { kind, name: base },
    ]);
    return base;
  });
  const names = { label: label.key, primary: `${target.metadata.name}-primary` };
  if (!sameJson(withoutRewriting(uncopied, names), withoutRewriting(asked, names))) return false;
  for (const [copy, base] of copies) {
    const [theirs, ours] = [contentOf(copy, lookup), contentOf(base, lookup)];
    if (theirs === 'unread') return { waiting: `${copy.kind} ${copy.name} has not been read yet` };
    if (ours === 'unread') return { waiting: `${base.kind} ${base.name} has not been read yet` };
    if (theirs?.content === undefined || theirs.content !== ours?.content) return false;
  }
  return true;
};

/** The version of a primary that Flagger has left behind, by its own template: no version of the target has this id. */
const ownRevision = (primary: KubeObject, around: Around): FoundRevision | Waiting => {
  const kind = kindOf(primary);
  const known = kind.name(primary, { around, named: [] });
  if ('waiting' in known) return known;
  const [hash, images] = [kind.hash(primary), kind.images(primary, around)];
  return { id: `flagger-${known.name}`, hash, images, configs: [], absent: [] };
};

/**
 * The version that a primary of Flagger's serves, before Serin has made it its own: the target's when it is the same,
 * else one of its own, so that what the target asks for is judged. Undefined where there is no such primary.
 */
export const foundPrimary = (
  primary: KubeObject | undefined,
  of: {
    readonly target: KubeObject;
    readonly desired: FoundRevision | Waiting;
    readonly around: Around;
    readonly configs: ConfigLookup;
  },
): FoundRevision | Waiting | undefined => {
  const { target, desired, around, configs } = of;
  if (primary === undefined || primary.metadata.labels?.[REVISION_LABEL] !== undefined) return undefined;
  if (!isFlaggersPrimary(primary, `${target.metadata.name}-primary`)) return undefined;
  if ('waiting' in desired) return desired;
  const same = isSameVersion({ target, primary }, configs);
  if (typeof same !== 'boolean') return same;
  return same ? desired : ownRevision(primary, around);
};
