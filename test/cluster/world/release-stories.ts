import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { versionOf } from '#src/cli/demo/report.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { numberAt, stringAt } from '#src/lib/json.ts';
import type { LoadCount } from '#src/sandbox/load/load-count.ts';
import { type Feature, type Plane as Provider, verified } from '#test/planes/verified.ts';
import type { ACluster } from './a-cluster.ts';
import {
  deploymentYaml,
  folderOf,
  imageOf,
  type Place,
  type Plane,
  placeOf,
  routeReference,
  routeYaml,
} from './place.ts';
import { report } from './report.ts';
import { aTeam, firstCommit, type Team } from './team.ts';
import { repeatedMessages } from './told.ts';
import { until } from './until.ts';
import { failuresBeside, startUsers, type Users } from './users.ts';
import { isWithin, splitsOf } from './weights.ts';

/** DESIGN §8 allows 15 failed requests of a version with 50 % errors at 50 requests a second. */
export const MOST_FAILURES = 15;
export const RELEASES = 'Releases on a real cluster, as the clients counted them';
export const COLUMNS = [
  'plane',
  'release',
  'outcome',
  'took',
  'its requests',
  'its failures',
  'others failed',
  'slow failed',
];

const PROVIDERS: Readonly<Record<Plane, Provider>> = {
  HTTPRoute: 'gatewayapi',
  Ingress: 'nginx',
  VirtualService: 'istio',
};
const seen = (plane: Plane, feature: Feature): void =>
  verified({ plane: PROVIDERS[plane], feature, way: 'real data plane' });

type Counted = { readonly quick: LoadCount; readonly slow: LoadCount };

/** Versions that the stories release, and how they behave; 6.6.0 is for whoever goes on from their end. */
export const storyImages = (): Readonly<Record<string, object>> => {
  const healthy = ['6.0.0', '6.1.0', '6.3.0', '6.4.0', '6.5.0', '6.6.0', '6.7.0'];
  const place = placeOf({ namespace: 'x', plane: 'HTTPRoute' });
  return {
    ...Object.fromEntries(healthy.map((version) => [imageOf(place, version), {}])),
    [imageOf(place, '6.2.0')]: { errorRate: 0.5 },
  };
};

const TARGET = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' };
const askedImage = async (team: Team): Promise<string> =>
  stringAt(await team.read(TARGET), 'spec', 'template', 'spec', 'containers', 0, 'image') ?? '';

/** A team and the users of its application: what a plane's stories leave behind. */
export type Told = {
  readonly team: Team;
  readonly users: Users;
  /** Other applications that call it inside the mesh, where there is one. */
  readonly callers?: Users | undefined;
};

/**
 * The tests of one plane: an application is taken over and released again and again by commits, through Flux, while its
 * users count. What they leave goes into `teams`.
 */
export const releaseStories = (
  plane: Plane,
  {
    cluster,
    teams,
    rates,
    startCallers,
  }: {
    readonly cluster: Promise<ACluster>;
    readonly teams: Map<Plane, Told>;
    readonly rates: { readonly quick: number; readonly slow: number };
    /** Starts those who call it inside the mesh. */
    readonly startCallers?: (place: Place) => Promise<Users>;
  },
): void => {
  describe(plane, { concurrency: false }, () => {
    let isTakenOver = false;
    /** Nothing can be told of an application that is not Serin's: waiting for it would only take time. */
    const here = (): Told => {
      assert.ok(isTakenOver, 'the take-over has to succeed first');
      return teams.get(plane) ?? assert.fail();
    };
    /** Runs `work` and returns what the users counted meanwhile. */
    const counted = async <T>(work: () => Promise<T>) => {
      const loads = [here().users, here().callers].flatMap((users) => (users === undefined ? [] : [users]));
      const before = loads.map(({ quick, slow }) => ({ quick: quick.snapshot(), slow: slow.snapshot() }));
      const result = await work();
      const [users, callers] = loads.map(({ quick, slow }, index) => {
        const then = before[index] ?? assert.fail();
        return { quick: quick.since(then.quick), slow: slow.since(then.slow) };
      });
      return { result, ...(users ?? assert.fail()), ...(callers === undefined ? {} : { callers }) };
    };
    const noneFailed = ({ callers, ...users }: Counted & { readonly callers?: Counted }): void => {
      for (const [who, { quick, slow }] of Object.entries({ users, ...(callers === undefined ? {} : { callers }) })) {
        const words = (who === 'users' ? here().users : here().callers)?.failures().slice(-10).join('\n');
        assert.equal(quick.failures, 0, `${quick.failures} of ${quick.requests} requests of ${who} failed:\n${words}`);
        assert.equal(
          slow.failures,
          0,
          `${slow.failures} of ${slow.requests} slow requests of ${who} failed:\n${words}`,
        );
      }
    };
    const row = (
      version: string,
      told: Awaited<ReturnType<typeof counted<{ outcome: string; startedAt: string; endedAt: string }>>>,
    ) => {
      const { result, callers } = told;
      const seconds = (Date.parse(result.endedAt) - Date.parse(result.startedAt)) / 1000;
      const cellsOf = (who: string, { quick, slow }: Counted): readonly (string | number)[] => {
        const { requests = 0, failures = 0 } = quick.versions[version] ?? {};
        const others = failuresBeside(quick, [version]);
        return [who, version, result.outcome, `${seconds} s`, requests, failures, others, slow.failures];
      };
      const rows = [
        cellsOf(plane, told),
        ...(callers === undefined ? [] : [cellsOf(`${plane}, callers in the mesh`, callers)]),
      ];
      report(RELEASES, { columns: COLUMNS, rows: rows.map((cells) => cells.map(String)) });
    };

    test('a take-over under load loses no request', async () => {
      const place = placeOf({ namespace: `shop-${plane.toLowerCase()}`, plane });
      const team = await aTeam(await cluster, place);
      await firstCommit(team, '6.0.0');
      const users = startUsers(place, rates);
      const callers = await startCallers?.(place);
      teams.set(plane, { team, users, callers });
      isTakenOver = true;
      await until('podinfo 6.0.0 that answers', () =>
        [users, callers].every((some) => some === undefined || some.quick.snapshot().versions['6.0.0'] !== undefined),
      );
      // What was sent before there was anything to answer it is no part of the story.
      await setTimeout(1000);
      const told = await counted(async () => {
        // Until it has succeeded.
        isTakenOver = false;
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
        isTakenOver = true;
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
      seen(plane, 'weights');
      seen(plane, 'adopted from Git');
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
      for (const { quick, slow } of [told, ...(told.callers === undefined ? [] : [told.callers])]) {
        assert.equal(failuresBeside(quick, ['6.2.0']), 0, 'requests of other versions failed');
        assert.equal(failuresBeside(slow, ['6.2.0']), 0, 'slow requests of other versions failed');
      }
      const tip = (await team.repository.head()) ?? '';
      const files = await team.repository.readFiles(tip, folderOf(team.place));
      assert.equal(files.get(`${folderOf(team.place)}/deployment.yaml`), deploymentYaml(team.place, '6.1.0'));
      assert.ok(told.result.commit !== undefined && tip.startsWith(told.result.commit.slice(0, 7)));
      seen(plane, 'good and bad release');
      // Of an Ingress, Traefik's counters are judged by a template.
      if (plane !== 'Ingress') seen(plane, 'built-in metrics');
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
      const { items } = await (await cluster).client.list(RESOURCES.event, {
        namespace: team.place.namespace,
      });
      const drifts = items.filter((event) => /Drift$/.test(stringAt(event, 'reason') ?? ''));
      assert.deepEqual(
        drifts.map((event) => stringAt(event, 'note')),
        [],
      );
      assert.deepEqual(team.troubles(), []);
      assert.ok(team.applied() > 8, `Flux has applied ${team.applied()} commits only`);
      seen(plane, 'held against GitOps tools');
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
