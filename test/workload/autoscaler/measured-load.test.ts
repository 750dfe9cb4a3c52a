import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readQuantity } from '#src/lib/quantity.ts';
import { measuredLoad } from '#src/workload/autoscaler/measured-load.ts';
import { anHpa } from '#test/harness/autoscaled.ts';

const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } };
const rps = { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '10' } } };
const queue = {
  type: 'External',
  external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '1' } },
};
const measured = {
  cpu: { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 30, averageValue: '30m' } } },
  rps: { type: 'Pods', pods: { metric: { name: 'rps' }, current: { averageValue: '12500m' } } },
  queue: { type: 'External', external: { metric: { name: 'queue' }, current: { averageValue: '99' } } },
};

const loadOf = (metrics: readonly unknown[], currentMetrics: unknown, active = 'True'): number | undefined =>
  measuredLoad({
    ...anHpa({ metrics }),
    status: { conditions: [{ type: 'ScalingActive', status: active }], currentReplicas: 4, currentMetrics },
  });

test('what the pods have of what they should have, times the pods; the most of several metrics', () => {
  assert.equal(loadOf([cpu], [measured.cpu]), 2);
  assert.equal(loadOf([cpu, rps], [measured.rps, measured.cpu]), 5);
  const byValue = {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '60m' } },
  };
  assert.equal(loadOf([byValue], [measured.cpu]), 2);
});

test('what is measured elsewhere, not at all, or not now, tells nothing', () => {
  assert.equal(loadOf([queue], [measured.queue]), undefined);
  assert.equal(loadOf([cpu], [{ type: '' }]), undefined);
  assert.equal(loadOf([cpu], null), undefined);
  assert.equal(loadOf([cpu], [measured.cpu], 'False'), undefined);
  assert.equal(measuredLoad(anHpa()), undefined);
});

test('quantities are numbers with a suffix', () => {
  const read = ['250m', '1.5Gi', '2e3', '4', 7, '12k', '-1', '.5'].map(readQuantity);
  assert.deepEqual(read, [0.25, 1.5 * 2 ** 30, 2000, 4, 7, 12_000, -1, 0.5]);
  assert.deepEqual(['', 'x', '1 m', '1Zi', undefined, null, {}].map(readQuantity), Array(7).fill(undefined));
});
