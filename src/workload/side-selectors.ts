import { ROLE_LABEL } from '../api/names.ts';
import type { JsonRecord } from '../lib/json.ts';
import { isRecord, listAt, stringsAt } from '../lib/json.ts';
import type { Change } from './json-edit.ts';
import { within, withinEach } from './json-edit.ts';
import { matchesSelector, narrowed } from './label-selector.ts';
import { podLabels } from './pod-template.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

type Labels = Readonly<Record<string, string>>;

/** The selector with the values of labels that the side has otherwise put to the side's. */
const renamed = (selector: JsonRecord, { from, to }: { readonly from: Labels; readonly to: Labels }): JsonRecord => {
  const value = (key: unknown, old: unknown): unknown =>
    typeof key === 'string' && from[key] === old && to[key] !== undefined ? to[key] : old;
  const pairs = Object.entries(stringsAt(selector, 'matchLabels')).map(([key, old]) => [key, value(key, old)]);
  const expressions = listAt(selector, 'matchExpressions').map((entry) =>
    isRecord(entry) && entry['operator'] === 'In'
      ? { ...entry, values: listAt(entry, 'values').map((old) => value(entry['key'], old)) }
      : entry,
  );
  return {
    ...selector,
    ...(pairs.length === 0 ? {} : { matchLabels: Object.fromEntries(pairs) }),
    ...(expressions.length === 0 ? {} : { matchExpressions: expressions }),
  };
};

/** The term speaks of pods of other namespaces too, or of those alone; without either field, of the pod's own. */
const isBeyond = (term: JsonRecord): boolean =>
  isRecord(term['namespaceSelector']) || listAt(term, 'namespaces').length > 0;

/**
 * The template with every label selector in affinity and topology spread that means the pod's own kind (one that
 * matches the pod's labels) led to the pods of one side: those with the labels `side`, the role among them. A selector
 * that matches everything is about everything and stays; and so does one that is also about other namespaces, whose
 * pods have no role.
 */
export const withSideInSelectors = (template: JsonRecord, side: Labels): JsonRecord => {
  const labels = podLabels(template);
  const role = side[ROLE_LABEL];
  const term: Change = (holder) => {
    const selector = holder['labelSelector'];
    if (!isRecord(selector) || Object.keys(selector).length === 0 || !matchesSelector(selector, labels)) return holder;
    if (isBeyond(holder)) return holder;
    const own = renamed(selector, { from: labels, to: side });
    return { ...holder, labelSelector: role === undefined ? own : narrowed(own, { [ROLE_LABEL]: role }) };
  };
  const preference: Change = (holder) => within(holder, 'podAffinityTerm', term);
  const rules: Change = (kind) => withinEach(withinEach(kind, REQUIRED, term), PREFERRED, preference);
  const affinity: Change = (holder) => within(within(holder, 'podAffinity', rules), 'podAntiAffinity', rules);
  return within(template, 'spec', (spec) =>
    within(withinEach(spec, 'topologySpreadConstraints', term), 'affinity', affinity),
  );
};
