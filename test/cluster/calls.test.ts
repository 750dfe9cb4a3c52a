import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { parseCanaryStatus } from '#src/api/canary-status.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { systemClock } from '#src/lib/clock.ts';
import { stringAt } from '#src/lib/json.ts';
import { overHttp, startLoad } from '#src/sandbox/load/start-load.ts';
import { apply } from './rig/kubectl.ts';
import { PORTS } from './rig/rig.ts';
import { type ACluster, openCluster } from './world/a-cluster.ts';
import { type Call, callsOf, inWords, isEvent, isRead, isRenewal } from './world/audit.ts';
import { installSerin } from './world/deploy.ts';
import { aFleet, FLEETS_ARE_IDLE, fleetDeployment, fleetImage } from './world/fleet.ts';
import { publish } from './world/images.ts';
import { report, tellRunner } from './world/report.ts';
import { until } from './world/until.ts';

const IDLE_MS = 5 * 60_000;
/** After a take-over, until its last event and the ends of its pods are through. */
const SETTLE_MS = 20_000;
const FLEETS = [1, 10, 100];
const STEPS = [5, 10, 20, 30, 50];
/** DESIGN §8. */
const MOST_CALLS_OF_A_RUN = 40;

describe('requests of Serin, as the API server has logged them', { concurrency: true }, () => {
  const ready = Promise.withResolvers<ACluster>();
  let settled = 0;

  before(async () => {
    const cluster = await openCluster();
    await installSerin(cluster.rig);
    publish(cluster.rig, { [fleetImage('1.0.0')]: {}, [fleetImage('1.1.0')]: {} });
    ready.resolve(cluster);
  });
  after(async () => (await ready.promise).close());

  FLEETS.forEach((count, index) => {
    test(`none in five idle minutes with ${count} Canaries`, async () => {
      const cluster = await ready.promise;
      const { serin } = await aFleet(cluster, { namespace: `idle-${count}`, count, port: 8101 + index });
      await setTimeout(SETTLE_MS);
      if (++settled === FLEETS.length) tellRunner(FLEETS_ARE_IDLE);
      const from = Date.now();
      await setTimeout(IDLE_MS);
      const calls = await callsOf(cluster.rig, { user: serin.user, from, to: Date.now() });
      const beside = calls.filter((call) => !isRenewal(call));
      const renewals = (name: string, test: (call: Call) => boolean) => `${calls.filter(test).length} ${name}`;
      report('Requests in five idle minutes (budget: 0 beside renewals)', {
        columns: ['Canaries', 'requests', 'renewals apart'],
        rows: [
          [
            String(count),
            inWords(beside),
            `${renewals('of the lease', ({ resource }) => resource === 'leases')}, ${renewals('of watches', ({ verb }) => verb === 'watch')}`,
          ],
        ],
      });
      await serin.end('SIGTERM');
      assert.ok(calls.length > 0, 'the audit log does not know the controller');
      assert.equal(inWords(beside), 'none');
    });
  });

  test('two writes and one event a step, and no read; 40 requests for a run of five steps', async () => {
    const cluster = await ready.promise;
    const namespace = 'steps';
    const { serin } = await aFleet(cluster, { namespace, count: 1, port: 8110, analysis: { stepWeights: STEPS } });
    const client = overHttp(PORTS.web);
    const load = startLoad({
      clock: systemClock,
      requestsPerSecond: 50,
      send: client.send,
      host: `app-0.${namespace}.example.com`,
    });
    await setTimeout(5000);
    const from = Date.now();
    await apply(cluster.rig, [fleetDeployment({ namespace, name: 'app-0' }, '1.1.0')]);
    const ref = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace, name: 'app-0' };
    const run = await until('end of the run', async () => {
      const { history, run } = parseCanaryStatus((await cluster.client.get(ref))?.['status']);
      return run === undefined ? history[0] : undefined;
    });
    // Its last event.
    await setTimeout(5000);
    await load.stop();
    client.close();
    const calls = (await callsOf(cluster.rig, { user: serin.user, from, to: Date.now() })).filter(
      (call) => !isRenewal(call),
    );
    await serin.end('SIGTERM');
    assert.equal(run.outcome, 'Promoted', run.sentence);
    const shifts = calls.flatMap((call, index) =>
      call.resource === 'httproutes' && call.verb === 'patch' ? [index] : [],
    );
    const title = 'Requests of a run of five steps (budget: 2 writes, 1 event and 0 reads a step; 40 in all)';
    const columns = ['step', 'requests'];
    // From the write of one weight to the write of the next.
    const steps = STEPS.slice(0, -1).map((weight, index) => {
      const step = calls.slice(shifts[index], shifts[index + 1]);
      report(title, { columns, rows: [[`${weight} % to ${STEPS[index + 1]} %`, inWords(step)]] });
      return step;
    });
    report(title, { columns, rows: [['the whole run', `${calls.length}: ${inWords(calls)}`]] });
    for (const step of steps) {
      const told = inWords(step);
      assert.ok(step.filter((call) => !isEvent(call) && !isRead(call)).length <= 2, told);
      assert.equal(step.filter(isRead).length, 0, told);
    }
    // The event of a weight is sent at the same time as the weight is written, so that those of the first and of the last
    // may both fall between the two. A window without evidence is told once more; on a busy machine there may be one.
    const { items } = await cluster.client.list(RESOURCES.event, { namespace });
    const held = items.filter((event) => stringAt(event, 'reason') === 'NoData').length;
    const events = steps.flat().filter(isEvent).length;
    assert.ok(
      events <= STEPS.length + held,
      `${events} events for ${STEPS.length} weights, ${held} of them for missing data`,
    );
    assert.ok(calls.length <= MOST_CALLS_OF_A_RUN, inWords(calls));
  });
});
