import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextSizes, rolloutLimits } from '#src/sandbox/workloads/rolling-update.ts';

const set = (name: string, replicas: number, available = replicas) => ({ name, replicas, available });

test('limits: percentages of surge round up, of unavailability down, and both are never zero', () => {
  assert.deepEqual(rolloutLimits({}, 3), { maxSurge: 1, maxUnavailable: 0 });
  assert.deepEqual(rolloutLimits({}, 10), { maxSurge: 3, maxUnavailable: 2 });
  const rollingUpdate = { maxSurge: 0, maxUnavailable: '10%' };
  assert.deepEqual(rolloutLimits({ strategy: { rollingUpdate } }, 3), { maxSurge: 0, maxUnavailable: 1 });
  assert.deepEqual(rolloutLimits({ strategy: { type: 'Recreate' } }, 3), { maxSurge: 0, maxUnavailable: 3 });
  assert.throws(
    () => rolloutLimits({ strategy: { rollingUpdate: { maxSurge: 'some' } } }, 3),
    /want a number or a per/,
  );
});

const cases = [
  {
    name: 'grows by the surge first',
    update: { limits: { maxSurge: 1, maxUnavailable: 0 }, fresh: set('new', 0), old: [set('old', 4)] },
    want: { new: 1, old: 4 },
  },
  {
    name: 'takes an old pod for each new one that is available',
    update: { limits: { maxSurge: 1, maxUnavailable: 0 }, fresh: set('new', 1, 1), old: [set('old', 4)] },
    want: { new: 1, old: 3 },
  },
  {
    name: 'takes nothing for a new pod that is not',
    update: { limits: { maxSurge: 1, maxUnavailable: 0 }, fresh: set('new', 1, 0), old: [set('old', 4)] },
    want: { new: 1, old: 4 },
  },
  {
    name: 'takes unavailable old pods of any set before available ones',
    update: { limits: { maxSurge: 0, maxUnavailable: 1 }, fresh: set('new', 0), old: [set('a', 2), set('b', 2, 1)] },
    want: { new: 0, a: 2, b: 1 },
  },
  {
    name: 'shrinks the new set when less is wanted',
    update: { limits: { maxSurge: 1, maxUnavailable: 1 }, fresh: set('new', 6, 6), old: [] },
    want: { new: 4 },
  },
];
for (const { name, update, want } of cases) {
  test(`of 4 wanted, a rolling update ${name}`, () => {
    assert.deepEqual(Object.fromEntries(nextSizes({ wanted: 4, ...update })), want);
  });
}
