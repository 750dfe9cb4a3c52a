import { aDeployment } from '#test/harness/manifests.ts';
import { ended } from '#test/harness/release.ts';
import { aFleet } from './fleet.ts';
import type { Measure } from './measure.ts';

const SIZES = [1, 10, 100] as const;
const STAGGERED = 10;
/** Between two pushes, when they do not come at once. */
const APART_MS = 137;

/** Requests to Prometheus while so many canaries, all asking the same question, have one run each. */
const requests = async (size: number, apartMs: number): Promise<number> => {
  const metrics = [{ name: 'up', query: 'min(up)', thresholdRange: { min: 1 } }];
  const analysis = { interval: '5s', threshold: 2, stepWeights: [20, 50], metrics };
  const { world, names, asked, stop } = await aFleet(size, { analysis });
  const before = asked();
  for (const name of names) {
    world.apply(aDeployment('podinfo:6.1.0', { name, replicas: 0 }));
    await world.clock.advance(apartMs);
  }
  for (const name of names) await world.clock.until(ended(world, 1, name), 240_000);
  await stop();
  return asked() - before;
};

/** How the load on Prometheus grows with canaries that ask the same. */
export const prometheusRequests = async (): Promise<readonly Measure[]> => {
  const atOnce: number[] = [];
  for (const size of SIZES) atOnce.push(await requests(size, 0));
  const apart = await requests(STAGGERED, APART_MS);
  return [
    {
      name: 'Prometheus requests of 100 runs, same query, pushed at once',
      budget: 'as of 1 run',
      value: atOnce.at(-1) ?? 0,
      unit: 'requests',
      held: atOnce.every((count) => count === atOnce[0]),
      detail: `${atOnce.join(', ')} for ${SIZES.join(', ')} canaries of 2 steps`,
    },
    {
      name: `Prometheus requests of ${STAGGERED} runs, same query, ${APART_MS} ms apart`,
      budget: '',
      value: apart,
      unit: 'requests',
      held: undefined,
      detail: 'windows that end at different times are different questions',
    },
  ];
};
