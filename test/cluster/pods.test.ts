import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { parseCanaryStatus } from '#src/api/canary-status.ts';
import { systemClock } from '#src/lib/clock.ts';
import { overHttp, startLoad } from '#src/sandbox/load/start-load.ts';
import { apply, kubectl } from './rig/kubectl.ts';
import { PORTS } from './rig/rig.ts';
import { openCluster } from './world/a-cluster.ts';
import { fleetCanary, fleetDeployment, fleetImage } from './world/fleet.ts';
import { publish } from './world/images.ts';
import { report } from './world/report.ts';
import { installSerinPods } from './world/serin-pods.ts';
import { until } from './world/until.ts';

const NAMESPACE = 'alone';
const APP = { namespace: NAMESPACE, name: 'app' };
const HOST = `app.${NAMESPACE}.example.com`;
/** Of the container's process, in /proc/PID/status. */
const UNPRIVILEGED = { Uid: '65532', Gid: '65532', CapEff: '0000000000000000', NoNewPrivs: '1' };

test('deploy/namespaced runs with the rights of one namespace, judges a release, and outlives its leader', async () => {
  const cluster = await openCluster();
  const { rig, client } = cluster;
  publish(rig, { [fleetImage('1.0.0')]: {}, [fleetImage('1.1.0')]: {} });
  await apply(rig, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }]);
  const serin = await installSerinPods(cluster, { folder: 'deploy/namespaced', namespace: NAMESPACE });
  const first = await serin.leader();
  const status = readFileSync(`/proc/${first}/status`, 'utf8');
  for (const [name, value] of Object.entries(UNPRIVILEGED))
    assert.match(status, new RegExp(`^${name}:\\s+${value}\\b`, 'm'));

  await apply(rig, [fleetDeployment(APP, '1.0.0'), fleetCanary(APP, { stepWeights: [20, 50] })]);
  const ref = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', ...APP };
  const canary = async () => parseCanaryStatus((await client.get(ref))?.['status']);
  await until('take-over', async () => (await canary()).phase === 'Initialized');
  const web = overHttp(PORTS.web);
  const load = startLoad({ clock: systemClock, requestsPerSecond: 50, send: web.send, host: HOST });
  // The route of Serin's making is new to the gateway too.
  await until('answers', () => load.snapshot().versions['1.0.0'] !== undefined);
  await setTimeout(3000);
  const mark = load.snapshot();
  await apply(rig, [fleetDeployment(APP, '1.1.0')]);
  await until('traffic to the canary', async () => ((await canary()).canaryWeight ?? 0) > 0);
  process.kill(first, 'SIGKILL');
  const run = await until('end of the run', async () => {
    const { history, run } = await canary();
    return run === undefined ? history[0] : undefined;
  });
  const second = await serin.leader();
  const counted = load.since(mark);
  await load.stop();
  web.close();
  await kubectl(rig, ['-n', NAMESPACE, 'delete', 'canary', APP.name, '--timeout=60s']);
  await serin.remove();
  await cluster.close();
  report('Serin in pods, with the rights that deploy/namespaced gives', {
    columns: ['leader killed, then', 'requests', 'failed'],
    rows: [[run.outcome, counted.requests, counted.failures].map(String)],
  });
  assert.equal(run.outcome, 'Promoted', run.sentence);
  assert.notEqual(second, first);
  assert.equal(counted.failures, 0, `${counted.failures} of ${counted.requests} requests failed`);
});
