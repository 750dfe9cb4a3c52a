import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, type JsonRecord } from '#src/lib/json.ts';
import { withSideInSelectors } from '#src/workload/side-selectors.ts';

const own = { matchLabels: { app: 'podinfo' } };
const primarys = { matchLabels: { app: 'podinfo', 'serin.dev/role': 'primary' } };

const sided = (spec: JsonRecord): JsonRecord =>
  withSideInSelectors({ metadata: { labels: { app: 'podinfo' } }, spec }, { 'serin.dev/role': 'primary' });

test('what a constraint says beside its selector stays as it is', () => {
  const constraint = {
    maxSkew: 1,
    minDomains: 2,
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'DoNotSchedule',
    matchLabelKeys: ['pod-template-hash'],
    nodeAffinityPolicy: 'Honor',
    nodeTaintsPolicy: 'Ignore',
  };
  const template = sided({ topologySpreadConstraints: [{ ...constraint, labelSelector: own }, constraint] });
  assert.deepEqual(at(template, 'spec', 'topologySpreadConstraints'), [
    { ...constraint, labelSelector: primarys },
    constraint,
  ]);
  const term = { topologyKey: 'host', matchLabelKeys: ['pod-template-hash'], mismatchLabelKeys: ['tenant'] };
  const affinity = {
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...term, labelSelector: own }] },
  };
  assert.deepEqual(
    at(sided({ affinity }), 'spec', 'affinity', 'podAntiAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 0),
    { ...term, labelSelector: primarys },
  );
});

test('a rule that is also about other namespaces is about pods that have no role, and stays', () => {
  for (const beyond of [{ namespaceSelector: {} }, { namespaces: ['other'] }]) {
    const term = { topologyKey: 'host', labelSelector: own, ...beyond };
    const rules = {
      requiredDuringSchedulingIgnoredDuringExecution: [term],
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }],
    };
    const affinity = { podAntiAffinity: rules, podAffinity: rules };
    assert.deepEqual(at(sided({ affinity }), 'spec', 'affinity'), affinity);
  }
  const near = { topologyKey: 'host', labelSelector: own, namespaces: [] };
  const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near] } };
  assert.deepEqual(
    at(sided({ affinity }), 'spec', 'affinity', 'podAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 0),
    { ...near, labelSelector: primarys },
  );
});
