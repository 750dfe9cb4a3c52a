import { canaryRef } from '#test/harness/a-world.ts';
import { aDeployment } from '#test/harness/manifests.ts';
import { ended } from '#test/harness/release.ts';
import { aFleet } from './fleet.ts';
import { type Measure, numberText } from './measure.ts';

const RUNS = 10;
const BUDGET_KIB = 64;

/** How large a Canary's status gets, runs with five steps and two metrics. */
export const statusSize = async (): Promise<readonly Measure[]> => {
  const metrics = [
    { name: 'request-success-rate', thresholdRange: { min: 99 } },
    { name: 'request-duration', thresholdRange: { max: 500 } },
  ];
  const analysis = { interval: '5s', threshold: 2, stepWeights: [10, 20, 30, 40, 50], metrics };
  const { world, stop } = await aFleet(1, { analysis, requestsPerSecond: 50 });
  const sizeNow = (): number => Buffer.byteLength(JSON.stringify(world.read(canaryRef())?.['status'] ?? {}));
  let largest = 0;
  const unsubscribe = world.cluster.api.subscribe(({ object }) => {
    if (object.kind === 'Canary') largest = Math.max(largest, sizeNow());
  });
  for (let run = 1; run <= RUNS; run++) {
    world.apply(aDeployment(run % 2 === 1 ? 'podinfo:6.1.0' : 'podinfo:6.2.0', { replicas: 0 }));
    await world.clock.until(ended(world, run), 240_000);
  }
  unsubscribe();
  const settled = sizeNow();
  await stop();
  return [
    {
      name: `Status of a Canary in ${RUNS} runs, at most`,
      budget: `≤ ${BUDGET_KIB} KiB`,
      value: largest / 1024,
      unit: 'KiB',
      held: largest <= BUDGET_KIB * 1024,
      detail: `5 steps and 2 metrics each; ${numberText(settled / 1024)} KiB after the last run`,
    },
  ];
};
