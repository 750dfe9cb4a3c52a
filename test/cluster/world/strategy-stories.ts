import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { HistoryStatus, StepStatus } from '#src/api/canary-status.ts';
import { API_VERSION } from '#src/api/names.ts';
import { versionOf } from '#src/cli/demo/report.ts';
import { listAt, numberAt } from '#src/lib/json.ts';
import { apply, kubectl } from '../rig/kubectl.ts';
import type { ACluster } from './a-cluster.ts';
import { type AppliedApp, appliedApp } from './applied-app.ts';
import { METRICS, REFERENCES } from './canary-manifest.ts';
import { imageOf, type Place, type Plane, placeOf, routeReference, routeYaml, serviceYaml } from './place.ts';
import { report } from './report.ts';
import { startReturningClients } from './returning-clients.ts';
import { until } from './until.ts';
import { failuresBeside, type HeadersOf, startUsers, type Users } from './users.ts';

const STRATEGIES = 'Strategies on a real cluster, as the clients counted them';
const COLUMNS = [
  'plane',
  'strategy',
  'version',
  'outcome',
  'took',
  'steps',
  'its requests',
  'its failures',
  'others failed',
];

/** A metric of the team's own, so that something judges where no user's request can. */
const OWN = { name: 'own', query: 'vector(0)', thresholdRange: { max: 1 } };

const TO_THE_CANARY = 'istio_requests_total{destination_workload="{{ canary }}"';
/**
 * Share of errors among all that Envoy has sent to the canary, copies included. Serin's own metrics of copies come from
 * the proxies of the pods, which Istio's gateway alone does not have.
 */
const COPIES = {
  name: 'errors-with-copies',
  query: `100 * (sum(rate(${TO_THE_CANARY},response_code=~"5.."}[10s])) or vector(0)) / sum(rate(${TO_THE_CANARY}}[10s]))`,
  thresholdRange: { max: 1 },
};

/** Every fifth request is an insider's: one carries a header, the next one a cookie. */
export const insiders: HeadersOf = (n) => {
  if (n % 10 === 0) return { 'x-canary': 'insider' };
  return n % 10 === 5 ? { cookie: 'theme=dark; canary=always' } : {};
};
const INSIDERS_SHARE = 0.2;

type Part = Readonly<Record<string, unknown>>;

type Story = {
  /** The row of docs/strategies.md that it shows. */
  readonly strategy: string;
  readonly version: string;
  /** `spec.analysis` beside interval, threshold and metrics. */
  readonly analysis: Part;
  readonly spec?: Part;
  readonly outcome: HistoryStatus['outcome'];
  /** Of each step: its weight, or what it gave the canary beside. */
  readonly steps: readonly string[];
  /** Most requests of users that a bad version may fail; none of them at all with 0. */
  readonly mostFailures?: number;
  /** While the run goes on. */
  readonly meanwhile?: (of: {
    readonly app: AppliedApp;
    readonly users: Users;
    readonly version: string;
    readonly place: Place;
  }) => Promise<void>;
};

const stepWords = ({ weight, mirror, matched }: StepStatus): string =>
  matched === true ? 'matched' : mirror === undefined ? String(weight) : `mirror ${mirror}`;

const HEADER = [{ headers: { 'x-canary': { exact: 'insider' } } }];
const COOKIE = [{ headers: { cookie: { regex: '^(.*?;\\s*)?(canary=always)(;.*)?$' } } }];

/** Only insiders meet the canary of an A/B run, and each of their requests does. */
const onlyInsiders: Story['meanwhile'] = async ({ app, users, version }) => {
  const running = async (): Promise<boolean> => {
    const { run } = await app.canary();
    const isIts = run !== undefined && versionOf(run.images) === version;
    return isIts && run.weight.matched === true && (run.passed ?? 0) >= 1;
  };
  await until('first window of the A/B run', running);
  const before = users.quick.snapshot();
  await setTimeout(3000);
  assert.ok(await running(), 'the A/B run was over before it was counted');
  const { versions, requests } = users.quick.since(before);
  const got = versions[version]?.requests ?? 0;
  const share = requests * INSIDERS_SHARE;
  // One kind of insider is half of them; requests under way at the edges of the time are not counted twice.
  assert.ok(Math.abs(got - share / 2) <= 3, `the canary got ${got} of ${requests} requests, want ${share / 2}`);
};

const held: Story['meanwhile'] = async ({ app, users }) => {
  await until('first weight', async () => ((await app.canary()).canaryWeight ?? 0) > 0);
  await app.patchCanary({ suspend: true });
  await setTimeout(8000);
  const { canaryWeight, run } = await app.canary();
  assert.deepEqual([canaryWeight, run?.paused === undefined], [10, false]);
  assert.ok(users.quick.snapshot().requests > 0);
  await app.patchCanary({ suspend: false });
};

const CLIENTS = { clients: 200, everyMs: 2000 };

/** Clients with cookies change side at most once, and their share on the canary is what each weight says. */
const keptClients: Story['meanwhile'] = async ({ app, place, version }) => {
  const { visits, stop } = startReturningClients(place, CLIENTS);
  const stood: { readonly weight: number; readonly at: number; until: number }[] = [];
  await until('weights of the run with returning clients', async () => {
    const { run } = await app.canary();
    if (run === undefined || versionOf(run.images) !== version || run.stage !== 'shifting') return stood.length > 0;
    const last = stood.at(-1);
    if (last?.weight === run.weight.set) last.until = Date.now();
    else stood.push({ weight: run.weight.set, at: Date.now(), until: Date.now() });
    return false;
  });
  await stop();
  const end = stood.at(-1)?.until ?? 0;
  const sides = visits.map((client) => client.filter(({ at }) => at < end).map((visit) => visit.version === version));
  const changes = sides.map(
    (side) => side.filter((isCanary, index) => index > 0 && isCanary !== side[index - 1]).length,
  );
  const returned = sides.filter((side) => side.some((isCanary, index) => index > 0 && !isCanary && side[index - 1]));
  assert.deepEqual(
    [Math.max(...changes), returned.length],
    [1, 0],
    'a client changes side once, and only to the canary',
  );
  for (const { weight, until: last } of stood) {
    const on = visits.filter((client) => client.findLast(({ at }) => at < last)?.version === version).length;
    const expected = (CLIENTS.clients * weight) / 100;
    // Five standard deviations of so many draws.
    const slack = 5 * Math.sqrt(CLIENTS.clients * (weight / 100) * (1 - weight / 100));
    const cells = [
      `${weight} %`,
      on,
      CLIENTS.clients,
      `${(expected - slack).toFixed(0)} to ${(expected + slack).toFixed(0)}`,
    ];
    report('Clients that come back, by weight', {
      columns: ['weight', 'clients on the canary', 'clients', 'bounds'],
      rows: [cells.map(String)],
    });
    assert.ok(Math.abs(on - expected) <= slack, `at ${weight} %: ${on} of ${CLIENTS.clients} clients`);
  }
};

const GOOD = { outcome: 'Promoted' } as const;
const BAD = { outcome: 'RolledBack', version: 'bad' } as const;

const WEIGHTS: readonly Story[] = [
  {
    strategy: 'stepWeight, maxWeight',
    version: '6.1.0',
    analysis: { stepWeight: 20, maxWeight: 50 },
    ...GOOD,
    steps: ['20', '40', '50'],
  },
  {
    strategy: 'stepWeightPromotion',
    version: '6.2.0',
    analysis: { stepWeights: [50], stepWeightPromotion: 20 },
    ...GOOD,
    steps: ['50'],
  },
  {
    strategy: 'adaptive',
    version: '6.3.0',
    analysis: {},
    ...GOOD,
    steps: ['1', '2', '4', '8', '16', '32', '64', '100'],
  },
  {
    strategy: 'blue/green',
    version: '6.4.0',
    analysis: { iterations: 3, metrics: 'own' },
    ...GOOD,
    steps: ['0', '100'],
  },
  {
    strategy: 'skipAnalysis',
    version: '6.5.0',
    analysis: { stepWeights: [50] },
    spec: { skipAnalysis: true },
    outcome: 'FastPromoted',
    steps: [],
  },
  { strategy: 'suspend', version: '6.6.0', analysis: { stepWeights: [10] }, ...GOOD, steps: ['10'], meanwhile: held },
];
const AB: readonly Story[] = [
  {
    strategy: 'A/B by header',
    version: '6.7.0',
    analysis: { iterations: 8, match: HEADER },
    ...GOOD,
    steps: ['matched'],
    meanwhile: onlyInsiders,
  },
];
const AB_COOKIE: readonly Story[] = [
  {
    strategy: 'A/B by cookie',
    version: '6.8.0',
    analysis: { iterations: 8, match: COOKIE },
    ...GOOD,
    steps: ['matched'],
    meanwhile: onlyInsiders,
  },
];
const MIRROR: readonly Story[] = [
  {
    strategy: 'mirror, then weights',
    version: '6.9.0',
    analysis: { stepWeights: [50], mirror: true, mirrorWeight: 50, metrics: [COPIES] },
    ...GOOD,
    steps: ['mirror 50', '50'],
  },
  {
    strategy: 'blue/green with mirror',
    analysis: { iterations: 5, mirror: true, metrics: [COPIES] },
    ...BAD,
    steps: ['mirror 100'],
    mostFailures: 0,
  },
];

const AFFINITY: readonly Story[] = [
  {
    strategy: 'session affinity',
    version: '6.10.0',
    analysis: { interval: '8s', stepWeights: [10, 30, 60], sessionAffinity: { cookieName: 'side' } },
    ...GOOD,
    steps: ['10', '30', '60'],
    meanwhile: keptClients,
  },
];

const STORIES: Readonly<Record<Plane, readonly Story[]>> = {
  HTTPRoute: [
    ...WEIGHTS,
    ...AB,
    ...AFFINITY,
    {
      strategy: 'A/B by header',
      analysis: { iterations: 8, match: HEADER },
      ...BAD,
      steps: ['matched'],
      mostFailures: 60,
    },
  ],
  Ingress: [...AB, ...AB_COOKIE],
  VirtualService: [...AB, ...AB_COOKIE, ...MIRROR, ...AFFINITY],
};

const imagesOfStories = (place: Place): Readonly<Record<string, object>> => {
  const versions = Object.values(STORIES).flatMap((stories) => stories.map(({ version }) => version));
  return Object.fromEntries(
    ['6.0.0', ...versions].map((version) => [imageOf(place, version), version === 'bad' ? { errorRate: 0.5 } : {}]),
  );
};

/** Versions that the stories release, and how they behave. */
export const strategyImages = (): Readonly<Record<string, object>> =>
  imagesOfStories(placeOf({ namespace: 'x', plane: 'HTTPRoute' }));

/** The tests of one plane: every strategy that it can, one release after another, while its users count. */
export const strategyStories = (
  plane: Plane,
  { cluster, started }: { readonly cluster: Promise<ACluster>; readonly started: Users[] },
): void => {
  describe(plane, { concurrency: false }, () => {
    const place = placeOf({ namespace: `ways-${plane.toLowerCase()}`, plane, replicas: 2 });
    const canarySpec = ({ analysis, spec = {} }: Pick<Story, 'analysis' | 'spec'>): Part => {
      const { metrics, ...rest } = analysis;
      return {
        [REFERENCES[plane]]: routeReference(place),
        service: { port: 80, targetPort: 'http' },
        progressDeadlineSeconds: 60,
        analysis: {
          interval: '2s',
          threshold: 1,
          metrics: metrics === 'own' ? [...METRICS[plane], OWN] : (metrics ?? METRICS[plane]),
          ...rest,
        },
        ...spec,
      };
    };
    let here: { readonly app: AppliedApp; readonly users: Users } | undefined;
    const standing = () => here ?? assert.fail('the take-over has to succeed first');

    test('podinfo 6.0.0 is taken over', async () => {
      const { rig } = await cluster;
      await apply(rig, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: place.namespace } }]);
      const app = appliedApp(await cluster, place);
      await app.deploy('6.0.0');
      await kubectl(rig, ['apply', '--server-side', '-f', '-'], { input: serviceYaml(place) });
      await kubectl(rig, ['apply', '--server-side', '-f', '-'], { input: routeYaml(place) });
      const users = startUsers(place, { quick: 50, slow: 1 }, insiders);
      started.push(users);
      await until('podinfo 6.0.0 that answers', () => users.quick.snapshot().versions['6.0.0'] !== undefined);
      await app.addCanary(canarySpec({ analysis: { stepWeights: [50] } }));
      await until('take-over', async () => (await app.canary()).phase === 'Initialized');
      here = { app, users };
    });

    for (const story of STORIES[plane]) {
      const { strategy, version, outcome, steps, mostFailures = 0 } = story;
      test(`${strategy}: ${outcome}`, async () => {
        const { app, users } = standing();
        const client = (await cluster).client;
        await app.addCanary(canarySpec(story));
        const [quick, slow] = [users.quick.snapshot(), users.slow.snapshot()];
        await app.bump(version);
        await story.meanwhile?.({ app, users, version, place });
        const run = await app.ended(version);
        await setTimeout(5000);
        const name = `${place.app}-${run.id}`;
        const record = await client.get({
          apiVersion: API_VERSION,
          kind: 'CanaryRun',
          namespace: place.namespace,
          name,
        });
        const held = listAt(record, 'spec', 'steps').map((step) => stepWords(step as StepStatus));
        const [counted, slowly] = [users.quick.since(quick), users.slow.since(slow)];
        const { requests = 0, failures = 0 } = counted.versions[version] ?? {};
        const others = failuresBeside(counted, [version]) + failuresBeside(slowly, [version]);
        const seconds = (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000;
        const cells = [
          plane,
          strategy,
          version,
          run.outcome,
          `${seconds} s`,
          held.join(', '),
          requests,
          failures,
          others,
        ];
        report(STRATEGIES, { columns: COLUMNS, rows: [cells.map(String)] });
        assert.equal(run.outcome, outcome, run.sentence);
        assert.deepEqual(held, steps);
        assert.equal(others, 0, `requests of other versions failed:\n${users.failures().slice(-10).join('\n')}`);
        assert.ok(failures <= mostFailures, `${failures} requests of ${version} failed, want at most ${mostFailures}`);
        if (version === 'bad') {
          // Back to what serves, as the team would do it; nothing is left of the canary.
          await app.bump(here === undefined ? '' : await served(app));
          await until('canary that is gone', async () => {
            const side = { apiVersion: 'apps/v1', kind: 'Deployment', name: `${place.app}-canary` };
            return (await app.read(side)) === undefined;
          });
        } else {
          assert.equal(numberAt(record, 'spec', 'steps', 0, 'weight') === undefined, steps.length === 0);
        }
      });
    }
  });
};

/** The version that the primary runs. */
const served = async (app: AppliedApp): Promise<string> => {
  const { stable } = await app.canary();
  return (
    Object.values(stable?.images ?? {})[0]
      ?.split(':')
      .at(-1) ?? ''
  );
};
