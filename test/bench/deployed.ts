import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deploymentYaml, MANIFEST } from '#test/harness/git-release.ts';
import { aCanary, aDeployment, aService } from '#test/harness/manifests.ts';
import { bundle } from '../../build.ts';
import { type BadRelease, badRelease } from './bad-release.ts';
import { type BundleProcess, startBundle } from './bundle-process.ts';
import { anApplication, nameOf } from './fleet.ts';
import { type Measure, type Spread, spreadText } from './measure.ts';
import { type RealCluster, startRealCluster } from './real-cluster.ts';
import { releaseTimes } from './release-times.ts';
import { changeAll } from './scale-up.ts';
import { startUp } from './start-up.ts';

const STABLE = 'podinfo:6.0.0';
/** One for each release: what failed once is quarantined. */
const BAD = ['podinfo:6.9.0-bad', 'podinfo:6.9.1-bad', 'podinfo:6.9.2-bad'] as const;
const FLEET = 100;
const DEVELOPER = { name: 'Jane Doe', email: 'jane@example.com' };

/** The bundle as a process of its own against the sandbox over HTTP, in real time. */
export const deployed = async (): Promise<readonly Measure[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'serin-bundle-'));
  const images = { [STABLE]: {}, 'podinfo:6.1.0': {} };
  const bad = Object.fromEntries(BAD.map((image) => [image, { errorRate: 0.5 }]));
  const real = await startRealCluster({ ...images, ...bad });
  let controller: BundleProcess | undefined;
  try {
    const file = await bundle(folder);
    controller = await startBundle({ file, ...real.controller });
    const empty = await startUp(controller, 0);
    const releases = await badReleases(real);
    const others = Array.from({ length: FLEET - 1 }, (_, n) => nameOf(n + 1));
    await takeOver(real, others);
    const stopped = await controller.stop();
    controller = await startBundle({ file, ...real.controller });
    const full = await startUp(controller, FLEET);
    const [one = '', ...rest] = others;
    const changes = [await changeAll(real, [one]), await changeAll(real, rest)] as const;
    return [...scaleUps(...changes), ...releaseTimes(releases), ...empty, ...full, stopTime(stopped.ms)];
  } finally {
    await controller?.stop();
    await real.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

const badReleases = async (real: RealCluster): Promise<readonly BadRelease[]> => {
  const commit = (image: string): Promise<string> =>
    real.repository.commitFiles({ files: { [MANIFEST]: deploymentYaml(image) }, message: image, author: DEVELOPER });
  await commit(STABLE);
  real.apply(aService());
  real.apply(aDeployment(STABLE, { replicas: 1 }));
  const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
  real.apply(
    aCanary({
      analysis: { interval: '1s', threshold: 1, stepWeights: [5, 10, 25, 50], metrics },
      git: { repositoryRef: { name: 'config' }, path: 'apps/podinfo', onFailure: 'revert' },
    }),
  );
  await real.until('take-over', () => real.canary().phase === 'Initialized');
  const releases: BadRelease[] = [];
  for (const image of BAD) {
    await commit(image);
    releases.push(await badRelease(real, image));
    // As the team's GitOps agent applies the revert.
    real.apply(aDeployment(STABLE, { replicas: 0 }));
    await real.until('revert seen', () => real.canary().desired?.revision === real.canary().stable?.revision);
  }
  return releases;
};

const takeOver = async (real: RealCluster, names: readonly string[]): Promise<void> => {
  for (const name of names) for (const object of anApplication(name)) real.apply(object);
  await real.until('take-over of the fleet', () => names.every((name) => real.canary(name).phase === 'Initialized'));
};

const scaleUps = (one: Spread, all: Spread): readonly Measure[] => {
  const common = { budget: '< 1 s', unit: 'ms', held: undefined };
  return [
    {
      ...common,
      name: `Change in the API → canary scaled up, ${FLEET} canaries`,
      value: one.max,
      detail: 'real time, the bundle over HTTP; one of them changed',
    },
    {
      ...common,
      name: `Change in the API → canary scaled up, ${FLEET - 2} changed at once`,
      value: all.max,
      detail: `most of them: ${spreadText(all)}; real time, shared with the sandbox itself`,
    },
  ];
};

const stopTime = (ms: number): Measure => ({
  name: `SIGTERM → exit, ${FLEET} canaries`,
  budget: '',
  value: ms,
  unit: 'ms',
  held: undefined,
  detail: 'nothing under way: reconciles end, the lease is given back, watches close',
});
