import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { HistoryStatus } from '#src/api/canary-status.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { listAt, numberAt, stringAt } from '#src/lib/json.ts';
import { type Feature, verified } from '#test/planes/verified.ts';
import { apply, kubectl } from '../rig/kubectl.ts';
import type { ACluster } from './a-cluster.ts';
import { type AppliedApp, appliedApp } from './applied-app.ts';
import { assertNoneFailed, type Counted, counted } from './counted.ts';
import { followWeights } from './follow-weights.ts';
import type { PlaneApp } from './plane-app.ts';
import { COLUMNS, MOST_FAILURES, RELEASES } from './release-stories.ts';
import { report } from './report.ts';
import { until } from './until.ts';
import { failuresBeside, startUsersAt, type Users } from './users.ts';
import { isWithin, type Stood, splitsOf } from './weights.ts';

const TARGET = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' };
const PRIMARY = { ...TARGET, name: 'podinfo-primary' };
/** Of the route: quick and slow requests go by matches of their own. */
const SHAPE = { timeout: '10s', match: [{ uri: { prefix: '/slow' } }, { uri: { exact: '/' } }] };
/** What a step of the plane is proven by. */
const LEVELS = { appmesh: 'accepted', gloo: 'observed' } as const;

type Told = {
  readonly app: AppliedApp;
  readonly users: Users;
  readonly stood: readonly Stood[];
  readonly end: () => Promise<void>;
};

/**
 * The tests of one plane, without Git: an application is taken over, a bad release is taken back, a good one promoted,
 * and everything given back, while its users count.
 */
export const planeStories = (
  of: PlaneApp,
  {
    cluster,
    rates,
  }: { readonly cluster: Promise<ACluster>; readonly rates: { readonly quick: number; readonly slow: number } },
): void => {
  const { plane, namespace } = of;
  const seen = (feature: Feature): void => verified({ plane, feature, way: 'real data plane' });
  const row = (release: string, { result, quick, slow }: Counted<HistoryStatus | undefined>): void => {
    const { requests, failures } = quick.versions[release] ?? quick;
    const took = result && `${(Date.parse(result.endedAt) - Date.parse(result.startedAt)) / 1000} s`;
    const others = quick.failures - failures;
    const cells = [plane, release, result?.outcome ?? '', took ?? '', requests, failures, others, slow.failures];
    report(RELEASES, { columns: COLUMNS, rows: [cells.map(String)] });
  };

  describe(plane, { concurrency: false }, () => {
    let told: Told | undefined;
    const here = (): Told => told ?? assert.fail('the take-over has to succeed first');

    after(async () => {
      await told?.users.stop();
      await told?.end();
      await kubectl((await cluster).rig, ['delete', 'namespace', namespace, '--wait=false']);
    });

    test('a take-over under load loses no request', async () => {
      const { rig, client } = await cluster;
      for (const object of of.objects) await apply(rig, [object]);
      const app = appliedApp({ rig, client }, { ...of, replicas: 3 });
      await app.deploy('6.0.0');
      const users = startUsersAt(of.web, { host: of.host, rates });
      const stop = new AbortController();
      const { stood, watching } = followWeights(client, { namespace, signal: stop.signal });
      const end = async (): Promise<void> => {
        stop.abort();
        await watching;
      };
      told = { app, users, stood, end };
      await until('podinfo 6.0.0 that answers', () => users.quick.snapshot().versions['6.0.0'] !== undefined);
      await setTimeout(1000);
      const count = await counted(users, async () => {
        const metrics = [
          { name: 'request-success-rate', thresholdRange: { min: 99 } },
          { name: 'request-duration', thresholdRange: { max: 5000 } },
        ];
        const analysis = { interval: '2s', threshold: 1, stepWeights: [5, 30, 60], metrics };
        const service = { ...of.spec.service, ...SHAPE };
        await app.addCanary({ ...of.spec, service, progressDeadlineSeconds: 60, analysis });
        await until('take-over', async () => (await app.canary()).phase === 'Initialized');
        await until('end of the last pod of the target', async () => {
          const target = await app.read(TARGET);
          return numberAt(target, 'spec', 'replicas') === 0 && numberAt(target, 'status', 'replicas') === undefined;
        });
        await setTimeout(4000);
        return undefined;
      });
      row('take-over', count);
      assertNoneFailed(users, count);
      for (const ref of of.made) assert.notEqual(await client.get(ref), undefined, `${ref.kind} ${ref.name}`);
    });

    test('a bad release is taken back, judged by the counters of the plane', async () => {
      const { app, users } = here();
      const count = await counted(users, async () => {
        await app.bump('6.2.0');
        const run = await app.ended('6.2.0');
        await setTimeout(4000);
        return run;
      });
      row('6.2.0', count);
      assert.equal(count.result.outcome, 'RolledBack');
      assert.match(count.result.sentence, /request-success-rate [\d.]+ % is below 99 %/);
      const failed = count.quick.versions['6.2.0']?.failures ?? 0;
      assert.ok(failed > 0 && failed <= MOST_FAILURES, `${failed} requests of it failed, want 1 to ${MOST_FAILURES}`);
      assert.equal(failuresBeside(count.quick, ['6.2.0']), 0, users.failures().slice(-10).join('\n'));
      assert.equal(failuresBeside(count.slow, ['6.2.0']), 0, users.failures().slice(-10).join('\n'));
      seen('built-in metrics');
    });

    test('a good release is promoted, loses no request, and gets the share that its weight says', async () => {
      const { app, users, stood } = here();
      const { client } = await cluster;
      const from = stood.length;
      const count = await counted(users, async () => {
        await app.bump('6.1.0');
        const run = await app.ended('6.1.0');
        await setTimeout(8000);
        return run;
      });
      row('6.1.0', count);
      assert.equal(count.result.outcome, 'Promoted', count.result.sentence);
      assertNoneFailed(users, count);
      const weights = stood.slice(from).flatMap(({ weight }) => (weight > 0 ? [weight] : []));
      assert.deepEqual(weights, [5, 30, 60]);
      const splits = splitsOf(users.quick.overTime(), { stood: stood.slice(from), canary: '6.1.0' });
      assert.ok(splits.length >= 2, 'no step was long enough to be counted');
      for (const split of splits) {
        const { weight, requests, canary, least, most } = split;
        report('Requests to the canary by weight', {
          columns: ['plane', 'weight', 'requests', 'to the canary', 'binomial bounds'],
          rows: [[plane, `${weight} %`, requests, canary, `${least} to ${most}`].map(String)],
        });
        assert.ok(isWithin(split), `at ${weight} %: ${canary} of ${requests}, want ${least} to ${most}`);
      }
      seen('weights');
      seen('good and bad release');
      const { items } = await client.list(RESOURCES.canaryRun, { namespace });
      const good = items.filter((run) => stringAt(run, 'spec', 'outcome') === 'Promoted');
      const levels = good.flatMap((run) => listAt(run, 'spec', 'steps').map((step) => stringAt(step, 'level')));
      assert.deepEqual(
        levels,
        weights.map(() => LEVELS[plane]),
      );
      if (plane === 'appmesh') seen('acceptance by status');
    });

    test('a Canary that is deleted gives everything back, and no request is lost', async () => {
      const { app, users } = here();
      const { client } = await cluster;
      const count = await counted(users, async () => {
        await app.deleteCanary();
        await until('pods of the target alone', async () => (await app.read(PRIMARY)) === undefined);
        await setTimeout(10_000);
        return undefined;
      });
      row('given back', count);
      assertNoneFailed(users, count);
      assert.deepEqual(Object.keys(count.quick.versions), ['6.1.0']);
      for (const ref of of.made) assert.equal(await client.get(ref), undefined, `${ref.kind} ${ref.name}`);
      const mark = users.quick.snapshot();
      await setTimeout(1000);
      assert.ok((users.quick.since(mark).versions['6.1.0']?.requests ?? 0) > 0, 'the target serves');
      seen('given back');
    });
  });
};
