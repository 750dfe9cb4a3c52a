import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricRegistry } from '#src/sandbox/network/metric-registry.ts';

test('counters and histograms are exposed as Prometheus text', () => {
  const registry = new MetricRegistry();
  const requests = registry.counter('requests_total', 'Requests.');
  requests.add({ code: '200', path: 'a"b\\c\nd' });
  requests.add({ code: '200', path: 'a"b\\c\nd' }, 2);
  const seconds = registry.histogram('seconds', 'Time.', [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 3]) seconds.observe({}, value);
  assert.equal(
    registry.text(),
    [
      '# HELP requests_total Requests.',
      '# TYPE requests_total counter',
      'requests_total{code="200",path="a\\"b\\\\c\\nd"} 3',
      '# HELP seconds Time.',
      '# TYPE seconds histogram',
      'seconds_bucket{le="0.1"} 2',
      'seconds_bucket{le="1"} 3',
      'seconds_bucket{le="+Inf"} 4',
      'seconds_sum{} 3.65',
      'seconds_count{} 4',
      '',
    ].join('\n'),
  );
});
