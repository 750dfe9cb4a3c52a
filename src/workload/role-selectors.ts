import type { Side } from '../api/names.ts';
import { ROLE_LABEL } from '../api/names.ts';
import type { JsonRecord } from '../lib/json.ts';
import { isRecord } from '../lib/json.ts';
import type { Change } from './json-edit.ts';
import { within, withinEach } from './json-edit.ts';
import { matchesSelector, narrowed } from './label-selector.ts';
import { podLabels } from './pod-template.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

/**
 * The template with the role added to every label selector in affinity and topology spread that means the pod's own
 * kind: one that matches the pod's labels. A selector that matches everything is about everything and stays.
 */
export const withRoleInSelectors = (template: JsonRecord, side: Side): JsonRecord => {
  const labels = podLabels(template);
  const term: Change = (holder) => {
    const selector = holder['labelSelector'];
    if (!isRecord(selector) || Object.keys(selector).length === 0 || !matchesSelector(selector, labels)) return holder;
    return { ...holder, labelSelector: narrowed(selector, { [ROLE_LABEL]: side }) };
  };
  const preference: Change = (holder) => within(holder, 'podAffinityTerm', term);
  const rules: Change = (kind) => withinEach(withinEach(kind, REQUIRED, term), PREFERRED, preference);
  const affinity: Change = (holder) => within(within(holder, 'podAffinity', rules), 'podAntiAffinity', rules);
  return within(template, 'spec', (spec) =>
    within(withinEach(spec, 'topologySpreadConstraints', term), 'affinity', affinity),
  );
};
