import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { versionOf } from '#src/cli/demo/report.ts';
import { type ACluster, openCluster } from './world/a-cluster.ts';
import { applyFolder, SERIN_NAMESPACE } from './world/deploy.ts';
import { publish } from './world/images.ts';
import type { Plane } from './world/place.ts';
import { COLUMNS, RELEASES, releaseStories, storyImages, type Told } from './world/release-stories.ts';
import { report } from './world/report.ts';
import { installSerinPods, type SerinPods } from './world/serin-pods.ts';
import { until } from './world/until.ts';

const PLANES: readonly Plane[] = ['HTTPRoute', 'Ingress'];
const RATES = { quick: 50, slow: 3 };

describe('releases by commits, through Flux and Traefik', () => {
  const cluster = Promise.withResolvers<ACluster>();
  const controller = Promise.withResolvers<SerinPods>();
  const teams = new Map<Plane, Told>();

  before(async () => {
    const opened = await openCluster();
    await applyFolder(opened.rig, 'deploy/admission');
    publish(opened.rig, storyImages());
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

  describe('on two planes at once', { concurrency: true }, () => {
    for (const plane of PLANES) releaseStories(plane, { cluster: cluster.promise, teams, rates: RATES });
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
