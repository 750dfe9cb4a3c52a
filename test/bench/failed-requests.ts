import type { CanarySpecInput } from '#src/api/canary.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { aCanary, HOST } from '#test/harness/manifests.ts';
import { ended, push, serving } from '#test/harness/release.ts';
import { type Measure, spreadOf, spreadText } from './measure.ts';

const BUDGET = 15;

type Plane = {
  readonly name: string;
  /** It draws lots for every request: a short window may show the canary's good answers alone. */
  readonly byChance: boolean;
  readonly spec: Partial<CanarySpecInput>;
  readonly objects: readonly KubeObject[];
};

/** Splits as Traefik does, in a smooth round. */
const HTTP_ROUTE: Plane = { name: 'HTTPRoute', byChance: false, spec: {}, objects: [] };

/** Splits as ingress-nginx does, by chance for every request. */
const NGINX: Plane = {
  name: 'NGINX',
  byChance: true,
  spec: {
    service: { port: 80, targetPort: 9898 },
    ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' },
  },
  objects: [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'podinfo', namespace: 'shop' },
      spec: {
        ingressClassName: 'nginx',
        rules: [
          {
            host: HOST,
            http: {
              paths: [
                { path: '/', pathType: 'Prefix', backend: { service: { name: 'podinfo', port: { number: 80 } } } },
              ],
            },
          },
        ],
      },
    },
  ],
};

type Case = { readonly plane: Plane; readonly stepWeights: readonly number[]; readonly threshold: number };

/** Failed requests of one bad release, pushed at a moment that the seed chooses, as the load client counted them. */
const failuresOf = async ({ plane, stepWeights, threshold }: Case, seed: number): Promise<number> => {
  const ends: (() => Promise<void>)[] = [];
  const world = await serving({ after: (end) => void ends.push(end) }, { seed });
  const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
  for (const object of plane.objects) world.apply(object);
  world.startController();
  world.apply(
    aCanary({ ...plane.spec, analysis: { interval: '1s', threshold, stepWeights: [...stepWeights], metrics } }),
  );
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  await world.clock.advance(10_000 + Math.floor(seededRandom(seed)() * 5_000));
  const mark = world.load.snapshot();
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), 240_000);
  await world.clock.advance(5_000);
  const { failures } = world.load.since(mark);
  const outcome = world.canary().history[0]?.outcome;
  for (const end of ends) await end();
  if (outcome !== 'RolledBack') throw new Error(`Cannot count the failures of a bad release: it ended with ${outcome}`);
  return failures;
};

const measureCase = async (release: Case, seeds: number): Promise<Measure> => {
  const failures: number[] = [];
  for (let seed = 1; seed <= seeds; seed++) failures.push(await failuresOf(release, seed));
  const spread = spreadOf(failures);
  const { plane, stepWeights, threshold } = release;
  const value = plane.byChance ? spread.median : spread.max;
  return {
    name: `Failed requests, 50 % bad: ${plane.name}, ${stepWeights[0]} % first, threshold ${threshold}`,
    budget: `≤ ${BUDGET}`,
    value,
    unit: 'requests',
    held: value <= BUDGET,
    detail: `${plane.byChance ? 'median' : 'most'} of ${seeds} seeds: ${spreadText(spread)}; virtual time, 50 rps, scrape and interval 1 s`,
  };
};

const FROM_FIVE = [5, 10, 25, 50];
const FROM_TEN = [10, 25, 50];

/** What a bad version costs the users until it is taken back. */
export const failedRequests = async (): Promise<readonly Measure[]> => [
  await measureCase({ plane: HTTP_ROUTE, stepWeights: FROM_FIVE, threshold: 1 }, 6),
  await measureCase({ plane: HTTP_ROUTE, stepWeights: FROM_FIVE, threshold: 2 }, 6),
  await measureCase({ plane: HTTP_ROUTE, stepWeights: FROM_TEN, threshold: 1 }, 6),
  await measureCase({ plane: NGINX, stepWeights: FROM_FIVE, threshold: 1 }, 20),
];
