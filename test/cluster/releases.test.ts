import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { versionOf } from '#src/cli/demo/report.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { numberAt, stringAt } from '#src/lib/json.ts';
import type { LoadCount } from '#src/sandbox/load/load-count.ts';
import { type ACluster, openCluster } from './world/a-cluster.ts';
import { applyFolder, SERIN_NAMESPACE } from './world/deploy.ts';
import { publish } from './world/images.ts';
import { deploymentYaml, folderOf, imageOf, type Plane, placeOf, routeReference, routeYaml } from './world/place.ts';
import { report } from './world/report.ts';
import { installSerinPods, type SerinPods } from './world/serin-pods.ts';
import { aTeam, firstCommit, type Team } from './world/team.ts';
import { repeatedMessages } from './world/told.ts';
import { until } from './world/until.ts';
import { failuresBeside, startUsers, type Users } from './world/users.ts';
import { isWithin, splitsOf } from './world/weights.ts';

const PLANES: readonly Plane[] = ['HTTPRoute', 'Ingress'];
const RATES = { quick: 50, slow: 3 };
/** DESIGN §8 allows 15 failed requests of a version with 50 % errors at 50 requests a second. */
const MOST_FAILURES = 15;
const RELEASES = 'Releases on a real cluster, as the clients counted them';
const COLUMNS = ['plane', 'release', 'outcome', 'took', 'its requests', 'its failures', 'others failed', 'slow failed'];

const TARGET = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' };
const askedImage = async (team: Team): Promise<string> =>
  stringAt(await team.read(TARGET), 'spec', 'template', 'spec', 'containers', 0, 'image') ?? '';

describe('releases by commits, through Flux and Traefik', () => {
  const cluster = Promise.withResolvers<ACluster>();
  const controller = Promise.withResolvers<SerinPods>();
  const teams = new Map<Plane, { readonly team: Team; readonly users: Users }>();

  before(async () => {
    const opened = await openCluster();
    await applyFolder(opened.rig, 'deploy/admission');
    const healthy = ['6.0.0', '6.1.0', '6.3.0', '6.4.0', '6.5.0', '6.6.0', '6.7.0'];
    const place = placeOf({ namespace: 'x', plane: 'HTTPRoute' });
    publish(opened.rig, {
      ...Object.fromEntries(healthy.map((version) => [imageOf(place, version), {}])),
      [imageOf(place, '6.2.0')]: { errorRate: 0.5 },
    });
    controller.resolve(await installSerinPods(opened, { folder: 'deploy/kustomize', namespace: SERIN_NAMESPACE }));
    cluster.resolve(opened);
  });

  after(async () => {
    const { close } = await cluster.promise;
    for (const { team, users } of teams.values()) {
      await users.stop();
      await team.close();
    }
    await close();
  });

  const releases = (plane: Plane): void => {
    describe(plane, { concurrency: false }, () => {
      const here = (): { readonly team: Team; readonly users: Users } => {
        const found = teams.get(plane);
        assert.ok(found, 'the take-over has to succeed first');
        return found;
      };
      /** Runs `work` and returns what the users counted meanwhile. */
      const counted = async <T>(work: () => Promise<T>) => {
        const { quick, slow } = here().users;
        const [before, slowBefore] = [quick.snapshot(), slow.snapshot()];
        const result = await work();
        return { result, quick: quick.since(before), slow: slow.since(slowBefore) };
      };
      const noneFailed = ({ quick, slow }: { readonly quick: LoadCount; readonly slow: LoadCount }): void => {
        const words = here().users.failures().slice(-10).join('\n');
        assert.equal(quick.failures, 0, `${quick.failures} of ${quick.requests} requests failed:\n${words}`);
        assert.equal(slow.failures, 0, `${slow.failures} of ${slow.requests} slow requests failed:\n${words}`);
      };
      const row = (
        version: string,
        told: Awaited<ReturnType<typeof counted<{ outcome: string; startedAt: string; endedAt: string }>>>,
      ) => {
        const { result, quick, slow } = told;
        const { requests = 0, failures = 0 } = quick.versions[version] ?? {};
        const seconds = (Date.parse(result.endedAt) - Date.parse(result.startedAt)) / 1000;
        const others = failuresBeside(quick, [version]);
        const cells = [plane, version, result.outcome, `${seconds} s`, requests, failures, others, slow.failures];
        report(RELEASES, { columns: COLUMNS, rows: [cells.map(String)] });
      };

      test('a take-over under load loses no request', async () => {
        const place = placeOf({ namespace: `shop-${plane.toLowerCase()}`, plane });
        const team = await aTeam(await cluster.promise, place);
        await firstCommit(team, '6.0.0');
        const users = startUsers(place, RATES);
        teams.set(plane, { team, users });
        await until('podinfo 6.0.0 that answers', () => users.quick.snapshot().versions['6.0.0'] !== undefined);
        // What was sent before there was anything to answer it is no part of the story.
        await setTimeout(1000);
        const told = await counted(async () => {
          await team.addCanary({ alerts: ['slack', 'audit'], repository: 'config' });
          await until('take-over', async () => {
            const target = await team.read(TARGET);
            return (await team.canary()).phase === 'Initialized' && numberAt(target, 'spec', 'replicas') === 0;
          });
          // Pods of the target have gone, with their last requests.
          await until(
            'end of the last pod of the target',
            async () => numberAt(await team.read(TARGET), 'status', 'replicas') === undefined,
          );
          await setTimeout(4000);
        });
        noneFailed(told);
        const cells = [plane, 'take-over', '', '', told.quick.requests, told.quick.failures, 0, told.slow.failures];
        report(RELEASES, { columns: COLUMNS, rows: [cells.map(String)] });
      });

      test('a good release is promoted, loses no request, and gets the share that its weight says', async () => {
        const { team, users } = here();
        const from = team.stood.length;
        const told = await counted(async () => {
          await team.bump('6.1.0');
          const run = await team.ended('6.1.0');
          await setTimeout(8000);
          return run;
        });
        row('6.1.0', told);
        assert.equal(told.result.outcome, 'Promoted', told.result.sentence);
        noneFailed(told);
        const stood = team.stood.slice(from);
        assert.deepEqual(
          stood.map(({ weight }) => weight).filter((weight) => weight > 0),
          [5, 30, 60],
        );
        const splits = splitsOf(users.quick.overTime(), { stood, canary: '6.1.0' });
        assert.ok(splits.length >= 2, 'no step was long enough to be counted');
        for (const split of splits) {
          const { weight, requests, canary, least, most } = split;
          const cells = [plane, `${weight} %`, requests, canary, `${least} to ${most}`];
          report('Requests to the canary by weight', {
            columns: ['plane', 'weight', 'requests', 'to the canary', 'binomial bounds'],
            rows: [cells.map(String)],
          });
          assert.ok(isWithin(split), `at ${weight} %: ${canary} of ${requests}, want ${least} to ${most}`);
        }
      });

      test('a bad release is rolled back, reverted in Git, and the revert is applied by Flux', async () => {
        const { team } = here();
        const told = await counted(async () => {
          await team.bump('6.2.0');
          const run = await team.ended('6.2.0');
          await until('revert applied by Flux', async () => (await askedImage(team)).endsWith(':6.1.0'));
          await setTimeout(4000);
          return run;
        });
        row('6.2.0', told);
        assert.equal(told.result.outcome, 'RolledBack', told.result.sentence);
        const failed = told.quick.versions['6.2.0']?.failures ?? 0;
        assert.ok(
          failed > 0 && failed <= MOST_FAILURES,
          `${failed} requests of 6.2.0 failed, want 1 to ${MOST_FAILURES}`,
        );
        assert.equal(failuresBeside(told.quick, ['6.2.0']), 0, 'requests of other versions failed');
        assert.equal(failuresBeside(told.slow, ['6.2.0']), 0, 'slow requests of other versions failed');
        const tip = (await team.repository.head()) ?? '';
        const files = await team.repository.readFiles(tip, folderOf(team.place));
        assert.equal(files.get(`${folderOf(team.place)}/deployment.yaml`), deploymentYaml(team.place, '6.1.0'));
        assert.ok(told.result.commit !== undefined && tip.startsWith(told.result.commit.slice(0, 7)));
      });

      test('a push in the middle of a run supersedes it', async () => {
        const { team } = here();
        const told = await counted(async () => {
          await team.bump('6.3.0');
          await until('6.3.0 with traffic', async () => {
            const { run, canaryWeight = 0 } = await team.canary();
            return versionOf(run?.images ?? {}) === '6.3.0' && canaryWeight > 0;
          });
          await team.bump('6.4.0');
          return team.ended('6.4.0');
        });
        row('6.4.0', told);
        const { history } = await team.canary();
        assert.deepEqual(
          history.slice(0, 2).map(({ images, outcome }) => [versionOf(images), outcome]),
          [
            ['6.4.0', 'Promoted'],
            ['6.3.0', 'Superseded'],
          ],
        );
        noneFailed(told);
      });

      test('a revert in the middle of a run withdraws it', async () => {
        const { team } = here();
        const told = await counted(async () => {
          await team.bump('6.5.0');
          await until('6.5.0 with traffic', async () => {
            const { run, canaryWeight = 0 } = await team.canary();
            return versionOf(run?.images ?? {}) === '6.5.0' && canaryWeight > 0;
          });
          await team.bump('6.4.0');
          return team.ended('6.5.0');
        });
        row('6.5.0', told);
        assert.equal(told.result.outcome, 'Withdrawn', told.result.sentence);
        noneFailed(told);
      });

      test('what Git says beside weights, selector and replicas arrives in the middle of a run', async () => {
        const { team } = here();
        await team.bump('6.7.0');
        await until('6.7.0 with traffic', async () => {
          const { run, canaryWeight = 0 } = await team.canary();
          return versionOf(run?.images ?? {}) === '6.7.0' && canaryWeight > 0;
        });
        const label = 'team.example.com/changed: "yes"';
        const labelled = routeYaml(team.place).replace('metadata:', `metadata:\n  labels:\n    ${label}`);
        await team.commit('Label the route', { [`${folderOf(team.place)}/route.yaml`]: labelled });
        await until('label on the route', async () => {
          const route = await team.read(routeReference(team.place));
          return route?.metadata.labels?.['team.example.com/changed'] === 'yes';
        });
        assert.ok(((await team.canary()).canaryWeight ?? 0) > 0, 'the run was over before the change arrived');
        const run = await team.ended('6.7.0');
        assert.equal(run.outcome, 'Promoted', run.sentence);
      });

      test('Flux was Ready all the while, and took back nothing', async () => {
        const { team } = here();
        const { items } = await (await cluster.promise).client.list(RESOURCES.event, {
          namespace: team.place.namespace,
        });
        const drifts = items.filter((event) => /Drift$/.test(stringAt(event, 'reason') ?? ''));
        assert.deepEqual(
          drifts.map((event) => stringAt(event, 'note')),
          [],
        );
        assert.deepEqual(team.troubles(), []);
        assert.ok(team.applied() > 8, `Flux has applied ${team.applied()} commits only`);
      });

      test('each outcome is told once to each receiver, and stands in Git once', async () => {
        const { team } = here();
        const { history } = await team.canary();
        const ended = history.toReversed().map(({ outcome }) => outcome);
        assert.deepEqual(ended, ['Promoted', 'RolledBack', 'Superseded', 'Promoted', 'Withdrawn', 'Promoted']);
        const { received } = team.receiver;
        assert.deepEqual(repeatedMessages(received), []);
        const told = received.filter(({ receiver, topic }) => receiver === 'webhook' && topic === 'outcome');
        assert.equal(told.length, ended.length);
        const log = await team.repository.log('%(trailers:key=Serin-Outcome,valueonly)');
        const inGit = log
          .split('\n')
          .filter((line) => line !== '')
          .toReversed();
        assert.deepEqual(inGit, ['Promoted', 'RolledBack', 'Promoted', 'Promoted']);
      });
    });
  };

  describe('on two planes at once', { concurrency: true }, () => {
    for (const plane of PLANES) releases(plane);
  });

  test('a controller killed in the middle of a run is replaced by a standby, and the run comes to the same end', async () => {
    const first = await (await controller.promise).leader();
    const both = [...teams.values()];
    const before = both.map(({ users }) => [users.quick.snapshot(), users.slow.snapshot()] as const);
    for (const { team } of both) await team.bump('6.6.0');
    await until('run of 6.6.0', async () => {
      const running = await Promise.all(both.map(({ team }) => team.canary()));
      return running.every(({ run }) => versionOf(run?.images ?? {}) === '6.6.0');
    });
    const afterMs = Math.round(Math.random() * 15_000);
    await setTimeout(afterMs);
    process.kill(first, 'SIGKILL');
    const runs = await Promise.all(both.map(({ team }) => team.ended('6.6.0')));
    await setTimeout(8000);
    assert.notEqual(await (await controller.promise).leader(), first);
    both.forEach(({ team, users }, index) => {
      const [quick, slow] = before[index] ?? assert.fail();
      const failures = users.quick.since(quick).failures + users.slow.since(slow).failures;
      const run = runs[index];
      assert.equal(run?.outcome, 'Promoted', `killed after ${afterMs} ms: ${run?.sentence}`);
      assert.equal(
        failures,
        0,
        `killed after ${afterMs} ms: requests of ${team.place.plane} failed:\n${users.failures().slice(-10).join('\n')}`,
      );
      const cells = [team.place.plane, `6.6.0, killed after ${afterMs} ms`, run.outcome, '', '', 0, failures, ''];
      report(RELEASES, { columns: COLUMNS, rows: [cells.map(String)] });
    });
    for (const { team } of both) {
      const log = await team.repository.log('%(trailers:key=Serin-Outcome,valueonly)');
      assert.deepEqual(
        log
          .split('\n')
          .filter((line) => line !== '')
          .toReversed(),
        ['Promoted', 'RolledBack', 'Promoted', 'Promoted', 'Promoted'],
      );
    }
  });
});
