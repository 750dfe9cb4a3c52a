import { aFleet, USER } from './fleet.ts';
import type { Measure } from './measure.ts';

const SIZES = [1, 10, 100] as const;
const IDLE_MS = 300_000;

type Counted = { readonly size: number; readonly calls: number; readonly watches: number };

const idle = async (size: number): Promise<Counted> => {
  const { world, stop } = await aFleet(size);
  const { audit } = world.cluster.api;
  audit.reset();
  await world.clock.advance(IDLE_MS);
  const watches = audit.count({ user: USER, verb: 'watch' });
  const calls =
    audit.count({ user: USER }) - watches - audit.count({ user: USER, resource: 'leases.coordination.k8s.io' });
  await stop();
  return { size, calls, watches };
};

/** Calls per further Canary: the slope of the line through the points, by least squares. */
const slopeOf = (points: readonly Counted[]): number => {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [size, calls] = [mean(points.map((point) => point.size)), mean(points.map((point) => point.calls))];
  const above = points.reduce((sum, point) => sum + (point.size - size) * (point.calls - calls), 0);
  return above / points.reduce((sum, point) => sum + (point.size - size) ** 2, 0);
};

/** What Canaries cost the API server while nothing happens. */
export const idleCalls = async (): Promise<readonly Measure[]> => {
  const points: Counted[] = [];
  for (const size of SIZES) points.push(await idle(size));
  const slope = slopeOf(points);
  const counts = points.map(({ size, calls }) => `${calls} of ${size}`).join(', ');
  const watches = points.map(({ watches }) => watches).join(', ');
  return [
    {
      name: 'API calls per idle canary in 5 min',
      budget: '0',
      value: slope,
      unit: 'calls',
      held: slope === 0 && points.every(({ calls }) => calls === 0),
      detail: `virtual time; calls: ${counts} canaries; apart from them ${watches} watches renewed`,
    },
  ];
};
