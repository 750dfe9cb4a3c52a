import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { Addresses } from '#test/cluster/kubelet/addresses.ts';
import { parseImages } from '#test/cluster/kubelet/images-file.ts';
import { readOptions } from '#test/cluster/kubelet/options.ts';
import { preStopOf } from '#test/cluster/kubelet/pre-stop.ts';
import { RestartBackOff } from '#test/cluster/kubelet/restart-back-off.ts';
import { targetOf } from '#test/cluster/kubelet/targets-file.ts';

test('the images file holds behaviours and programs, and refuses what it does not know', () => {
  const { catalogue, programs } = parseImages(
    '{ "shop/app:1": { "errorRate": 0.5 }, "serin:0.1.0": { "program": { "argv": ["node", "serin.mjs"] } } }',
  );
  assert.equal(catalogue.find('shop/app:1')?.behaviour.errorRate, 0.5);
  assert.deepEqual(programs.get('serin:0.1.0'), { argv: ['node', 'serin.mjs'], paths: [], env: {} });
  assert.match(catalogue.find('serin:0.1.0')?.digest ?? '', /^sha256:/);
  assert.throws(() => parseImages('{ "app": { "errorrate": 1 } }'));
});

test('the first restart comes at once, the next ones later and later', () => {
  const backOff = new RestartBackOff();
  const waits = Array.from({ length: 8 }, () => backOff.next(100) / 1000);
  assert.deepEqual(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
  assert.equal(backOff.next(600_000), 0);
});

test('preStop sleeps, by its own field or a command, or asks', () => {
  const of = (preStop: unknown) => preStopOf({ container: { lifecycle: { preStop } }, address: '10.244.1.1' });
  assert.deepEqual(of({ sleep: { seconds: 5 } }), { kind: 'sleep', ms: 5000 });
  assert.deepEqual(of({ exec: { command: ['sh', '-c', 'sleep 2.5; nginx -s quit'] } }), { kind: 'sleep', ms: 2500 });
  assert.deepEqual(of({ exec: { command: ['true'] } }), { kind: 'none' });
  assert.deepEqual(of(undefined), { kind: 'none' });
  const get = { host: '10.244.1.1', port: 8080, path: '/bye', headers: {} };
  assert.deepEqual(of({ httpGet: { path: '/bye', port: 8080 } }), { kind: 'get', get });
});

test('an address that is free again is used as late as possible', () => {
  const addresses = new Addresses();
  assert.deepEqual(
    [addresses.take(), addresses.take('10.244.1.5'), addresses.take()],
    ['10.244.1.1', '10.244.1.5', '10.244.1.6'],
  );
  addresses.free('10.244.1.6');
  assert.equal(addresses.take(), '10.244.1.7');
  // Taken, and none of a pod's.
  assert.deepEqual([addresses.take('10.244.1.5'), addresses.take('10.244.255.1')], ['10.244.1.8', '10.244.1.9']);
});

test('a pod is scraped at its port unless it says where, or that it is not', () => {
  const pod = (annotations: Readonly<Record<string, string>>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web' }, annotations },
  });
  const at = (annotations: Readonly<Record<string, string>>) =>
    targetOf(pod(annotations), { address: '10.244.1.1', ports: [8080, 9090] });
  const labels = { namespace: 'shop', pod: 'web-1', app: 'web' };
  assert.deepEqual(at({}), { targets: ['10.244.1.1:8080'], labels });
  assert.deepEqual(at({ 'prometheus.io/port': '9090', 'prometheus.io/path': '/m' }), {
    targets: ['10.244.1.1:9090'],
    labels: { ...labels, __metrics_path__: '/m' },
  });
  assert.equal(at({ 'prometheus.io/scrape': 'false' }), undefined);
});

test('the command line is refused with the usage', () => {
  const needed = ['--kubeconfig=k', '--images=i', '--targets=t', '--node=n'];
  assert.equal(readOptions(needed).logs, 't.containers');
  assert.throws(() => readOptions(needed.slice(1)), /Cannot start without --kubeconfig: want node main\.ts/);
  assert.throws(() => readOptions([...needed, '--service-host=h']), /want both or none/);
  assert.throws(() => readOptions([...needed, '--what']), /Cannot read the command line/);
});
