import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { listAt, numberAt, stringAt } from '#src/lib/json.ts';
import { canaryPercentOf, isAdopted, isOurs, withApex, withCanaryPercent } from '#src/traffic/httproute/rule.ts';
import { routeRef as ref } from '#test/traffic/a-route.ts';

const refs = (rule: unknown): readonly unknown[] => listAt(rule, 'backendRefs');

test('the sides stand where the apex stood, with its port and filters', () => {
  const rule = {
    name: 'all',
    backendRefs: [
      { name: 'podinfo', port: 80, filters: [{ type: 'X' }], weight: 1 },
      { name: 'old', port: 80, weight: 1 },
    ],
  };
  assert.deepEqual(withCanaryPercent(rule, { ref, percent: 5 }), {
    name: 'all',
    backendRefs: [
      { name: 'podinfo-primary', port: 80, filters: [{ type: 'X' }], weight: 95 },
      { name: 'podinfo-canary', port: 80, filters: [{ type: 'X' }], weight: 5 },
      { name: 'old', port: 80, weight: 100 },
    ],
  });
});

test('weights grow no further than whole percents need', () => {
  const rule = {
    backendRefs: [
      { name: 'podinfo', port: 80, weight: 50 },
      { name: 'old', port: 80, weight: 3 },
    ],
  };
  const weights = refs(withCanaryPercent(rule, { ref, percent: 1 })).map((backend) => numberAt(backend, 'weight'));
  assert.deepEqual(weights, [99, 1, 6]);
});

test('a rule that leads elsewhere, or to a Service of that name elsewhere, is not ours', () => {
  for (const backend of [
    { name: 'cart', port: 80 },
    { name: 'podinfo', namespace: 'other', port: 80 },
    { name: 'podinfo', kind: 'Fleet', port: 80 },
    { name: 'podinfo', group: 'example.com', port: 80 },
  ]) {
    const rule = { backendRefs: [backend] };
    assert.equal(isOurs(rule, ref), false);
    assert.equal(withCanaryPercent(rule, { ref, percent: 50 }), rule);
  }
  assert.equal(isOurs({ backendRefs: [{ name: 'podinfo', namespace: 'shop', port: 80 }] }, ref), true);
  assert.equal(isOurs({}, ref), false);
});

test('a canary that stands alone gets its primary back', () => {
  const rule = { backendRefs: [{ name: 'podinfo-canary', port: 80, weight: 7 }] };
  assert.equal(canaryPercentOf(rule, ref), 100);
  assert.deepEqual(refs(withCanaryPercent(rule, { ref, percent: 0 })), [
    { name: 'podinfo-primary', port: 80, weight: 700 },
    { name: 'podinfo-canary', port: 80, weight: 0 },
  ]);
});

test('an apex that Git gives no traffic gets none', () => {
  const rule = {
    backendRefs: [
      { name: 'podinfo', port: 80, weight: 0 },
      { name: 'old', port: 80 },
    ],
  };
  const set = withCanaryPercent(rule, { ref, percent: 50 });
  assert.deepEqual(
    refs(set).map((backend) => numberAt(backend, 'weight') ?? 1),
    [0, 0, 1],
  );
  assert.equal(canaryPercentOf(set, ref), undefined);
});

test('where clients stick to a backend, the canary leaves the rule at weight 0', () => {
  const rule = { sessionPersistence: { type: 'Cookie' }, backendRefs: [{ name: 'podinfo', port: 80 }] };
  const up = withCanaryPercent(rule, { ref, percent: 10 });
  assert.deepEqual(
    refs(up).map((backend) => numberAt(backend, 'weight')),
    [90, 10],
  );
  const down = withCanaryPercent(up, { ref, percent: 0 });
  assert.deepEqual(refs(down), [{ name: 'podinfo-primary', port: 80, weight: 100 }]);
  assert.deepEqual(withCanaryPercent(down, { ref, percent: 10 }), up);
});

test('weights near the API’s limit stay below it, and never give the canary more', () => {
  const rule = { backendRefs: [{ name: 'podinfo', port: 80, weight: 999_999 }] };
  const set = withCanaryPercent(rule, { ref, percent: 33 });
  const [primary = 0, canary = 0] = refs(set).map((backend) => numberAt(backend, 'weight') ?? -1);
  assert.equal(primary + canary, 999_999);
  assert.equal(canary, Math.floor(999_999 * 0.33));
  assert.deepEqual(withCanaryPercent(set, { ref, percent: 33 }), set);
});

test('for any rule: setting is exact, idempotent, reversible and leaves others their share', () => {
  const backend = fc.record(
    {
      name: fc.constantFrom('podinfo', 'podinfo', 'cart', 'old'),
      port: fc.constantFrom(80, 8080),
      weight: fc.integer({ min: 0, max: 10_000 }),
    },
    { requiredKeys: ['name', 'port'] },
  );
  const nameOf = (item: unknown): string => stringAt(item, 'name') ?? '';
  const weights = (rule: unknown, named: (name: string) => boolean): number =>
    refs(rule)
      .filter((item) => named(nameOf(item)))
      .reduce<number>((sum, item) => sum + (numberAt(item, 'weight') ?? 1), 0);
  const percents = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(fc.array(backend, { maxLength: 4 }), percents, percents, (backendRefs, first, second) => {
      const rule = { matches: [], backendRefs };
      const once = withCanaryPercent(rule, { ref, percent: first });
      const set = withCanaryPercent(once, { ref, percent: second });
      assert.deepEqual(set, withCanaryPercent(rule, { ref, percent: second }));
      assert.deepEqual(set, withCanaryPercent(set, { ref, percent: second }));
      const isApex = (name: string): boolean => name.startsWith('podinfo');
      const [before, after] = [rule, set].map((one) => ({ ours: weights(one, isApex), all: weights(one, () => true) }));
      assert.ok(before && after);
      assert.equal(before.ours * after.all, after.ours * before.all);
      if (before.ours > 0) assert.equal(canaryPercentOf(set, ref), second);
      assert.equal(isAdopted(set, ref), isOurs(rule, ref));
      const names = refs(withApex(set, ref)).map(nameOf);
      assert.deepEqual(names, backendRefs.map(nameOf));
    }),
  );
});
