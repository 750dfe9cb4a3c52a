import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { probeOf, runProbe } from '#test/cluster/kubelet/probe.ts';

const container = {
  ports: [{ name: 'http', containerPort: 8080 }],
  readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, initialDelaySeconds: 2, failureThreshold: 2 },
};

test('a probe has the defaults of Kubernetes and finds its port by name', () => {
  assert.deepEqual(probeOf('readinessProbe', { container, address: '10.244.1.1' }), {
    get: { host: '10.244.1.1', port: 8080, path: '/readyz', headers: {} },
    initialDelayMs: 2000,
    periodMs: 10_000,
    timeoutMs: 1000,
    failureThreshold: 2,
    successThreshold: 1,
  });
  assert.equal(probeOf('livenessProbe', { container, address: '10.244.1.1' }), undefined);
});

test('a probe waits, asks every period, and changes its mind at the threshold only', async () => {
  const clock = new VirtualClock();
  const probe = probeOf('readinessProbe', { container, address: '10.244.1.1' });
  assert.ok(probe);
  const answers: readonly (number | undefined)[] = [503, 200, 500, 302, undefined, 404, 500];
  let asked = 0;
  const told: string[] = [];
  const cancel = runProbe(probe, {
    clock,
    send: async () => answers[asked++],
    onResult: (passes) => told.push(`${passes} after ${asked}`),
  });
  await clock.advance(1999);
  assert.equal(asked, 0);
  await clock.advance(60_001);
  assert.equal(asked, 7);
  assert.deepEqual(told, ['true after 2', 'false after 6']);
  cancel();
  await clock.advance(60_000);
  assert.equal(asked, 7);
});
