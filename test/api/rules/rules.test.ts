import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KINDS } from '#src/api/kinds.ts';
import { validateSpec } from '#src/api/validate.ts';
import { isRecord } from '#src/lib/json.ts';
import { SPECS } from '../example.ts';
import { clean, kindOf, refusedBy } from './both-forms.ts';
import { WRONG_SPECS } from './wrong-specs.ts';

const about = (told: readonly string[]): string => told.join('; ').slice(0, 90);

for (const { kind, spec, told } of WRONG_SPECS) {
  test(`refuses a wrong ${kind}: ${about(told)}`, () => {
    const result = validateSpec(kindOf(kind), clean(spec));
    assert.ok(!result.ok);
    assert.deepEqual(
      result.problems.map(({ where, message }) => `${where}: ${message}`),
      told,
    );
  });
}

test('every rule has a spec that it refuses, and no two say the same', () => {
  const told = WRONG_SPECS.flatMap(({ kind, spec }) => refusedBy(kindOf(kind), spec));
  for (const { kind, rules } of KINDS.filter((each) => each.kind !== 'ClusterAnalysisTemplate')) {
    for (const rule of rules.filter((each) => each.transition !== true)) {
      assert.ok(told.includes(rule), `${kind} ${rule.at}: ${rule.sentence}`);
    }
    assert.equal(new Set(rules.map((rule) => `${rule.at} ${rule.field} ${rule.sentence}`)).size, rules.length);
  }
});

test('CEL and TypeScript agree on the right specs too', () => {
  for (const [kind, spec] of Object.entries(SPECS)) {
    assert.deepEqual(refusedBy(kindOf(kind), spec), [], kind);
  }
});

test('what has no effect may stand there', () => {
  const { analysis, git, service, ...rest } = SPECS['Canary'] ?? {};
  assert.ok(isRecord(analysis) && isRecord(git) && isRecord(service));
  const harmless = {
    ...rest,
    suspend: false,
    skipAnalysis: false,
    revertOnDeletion: true,
    acknowledgeEndOfLife: false,
    service: {
      ...service,
      portDiscovery: false,
      headless: false,
      gateways: [],
      match: [],
      unmanagedMetadata: { labels: ['a'] },
    },
    analysis: {
      ...analysis,
      iterations: 0,
      match: [],
      mirror: false,
      mirrorWeight: 100,
      stepWeightPromotion: 0,
      webhooks: [],
      primaryReadyThreshold: 100,
      canaryReadyThreshold: 100,
      onInconclusive: 'hold',
      consecutiveThreshold: 2,
    },
    git: { ...git, required: false, freeze: false, promote: [] },
  };
  assert.deepEqual(validateSpec(kindOf('Canary'), harmless).ok, true);
  assert.deepEqual(refusedBy(kindOf('Canary'), harmless), []);
});
