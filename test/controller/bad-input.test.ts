import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import { numberAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { GATEWAY } from '#src/sandbox/cluster.ts';
import { UNREACHABLE, type World, type WorldOptions } from '#test/harness/a-world.ts';
import { aGitCanary, bump, deploymentYaml, outcomesInGit, takenOverFromGit } from '#test/harness/git-release.ts';
import { aCanary, adopting, aRepository, aRoute, aSecret, aService, HOST } from '#test/harness/manifests.ts';
import { deployment, ended, type Owner, push, takenOver } from '#test/harness/release.ts';

// A Canary `broken` stands beside `podinfo`, which is well. Each mistake is told once, in the conditions and as an event,
// with what is wrong, where, and what would be right; it costs podinfo nothing, writes nothing, and is over once mended.

type Spec = Partial<CanarySpecInput>;

const FILE = 'apps/broken/deployment.yaml';
const MANIFEST = deploymentYaml('podinfo:6.0.0', 'broken');

const broken = (spec: Spec = {}): KubeObject => aCanary({ ...adopting('broken'), ...spec }, 'broken');
const withGit = (path = 'apps/broken', repository = 'config'): Spec => ({
  git: { repositoryRef: { name: repository }, path, onFailure: 'revert' },
});
const withMetric = (metric: Readonly<Record<string, unknown>>): Spec => ({
  analysis: {
    interval: '5s',
    stepWeights: [50],
    metrics: [{ name: 'errors', thresholdRange: { max: 1 }, ...metric }],
  },
});
const withAnalysis = (fields: Readonly<Record<string, unknown>>): KubeObject => {
  const canary = broken();
  const spec = Object(canary['spec']);
  return { ...canary, spec: { ...spec, analysis: { ...spec.analysis, ...fields } } };
};
const commit = ({ git }: World, files: Readonly<Record<string, string | null>>): void =>
  void git.push({ files, message: 'Change broken' });

type Mistake = {
  readonly options?: WorldOptions;
  readonly given?: (world: World) => void;
  readonly canary: KubeObject;
  readonly reason: 'InvalidSpec' | 'GitRefused';
  readonly says: string;
  readonly mend: (world: World) => void;
};

const MISTAKES: Readonly<Record<string, Mistake>> = {
  'a field that does not exist, where CEL was bypassed': {
    options: { admitsSerin: false },
    canary: withAnalysis({ thresold: 3 }),
    reason: 'InvalidSpec',
    says: 'spec.analysis.thresold: Unknown field thresold: did you mean threshold?',
    mend: (world) => world.apply(broken()),
  },
  'a target that does not exist': {
    given: (world) => commit(world, { [FILE]: null }),
    canary: broken(),
    reason: 'InvalidSpec',
    says: 'spec.targetRef: Deployment shop/broken does not exist: create it, or name another in spec.targetRef',
    mend: (world) => commit(world, { [FILE]: MANIFEST }),
  },
  'a target that another Canary has': {
    canary: broken({
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
      service: { name: 'broken', port: 80 },
    }),
    reason: 'InvalidSpec',
    says:
      'spec.targetRef.name: Deployment podinfo is claimed by two Canaries: shop/podinfo, which is older and keeps it, ' +
      'and shop/broken; want one of them deleted or changed',
    mend: (world) => {
      world.remove({ apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'shop', name: 'broken' });
      world.apply(broken());
    },
  },
  'a host that another Canary has': {
    given: (world) => world.apply(aCanary({}, 'other')),
    canary: aCanary(
      { service: { name: 'web', port: 80, targetPort: 9898, gatewayRefs: [GATEWAY], hosts: [HOST] } },
      'broken',
    ),
    reason: 'InvalidSpec',
    says:
      'spec.service.hosts: Host podinfo.example.com of Gateway gateways/edge is claimed by two Canaries: shop/other, which ' +
      'is older and keeps it, and shop/broken; want one of them deleted or changed',
    mend: (world) => world.apply(broken()),
  },
  'a query that is no PromQL': {
    canary: broken(withMetric({ query: 'sum(rate(errors[1m]' })),
    reason: 'InvalidSpec',
    says:
      'spec.analysis.metrics[0].query: The query is no PromQL: unexpected end after "sum(rate(errors[1m]" ' +
      '(character 20)',
    mend: (world) => world.apply(broken(withMetric({ query: 'sum(rate(errors[1m]))' }))),
  },
  'a template that does not exist': {
    canary: broken(withMetric({ templateRef: { name: 'errors' } })),
    reason: 'InvalidSpec',
    says: 'spec.analysis.metrics[0].templateRef: AnalysisTemplate shop/errors does not exist or is not valid',
    mend: (world) =>
      world.apply({
        apiVersion: 'serin.dev/v1alpha1',
        kind: 'AnalysisTemplate',
        metadata: { name: 'errors', namespace: 'shop' },
        spec: { provider: { type: 'prometheus' }, query: 'sum(rate(errors[1m]))' },
      }),
  },
  'a route that somebody else made': {
    canary: aCanary({}, 'broken'),
    reason: 'InvalidSpec',
    says:
      'HTTPRoute shop/broken: it exists and was made by field manager kubectl; want spec.routeRef to name it, so that ' +
      'Serin adopts it, or another name',
    mend: (world) => world.apply(broken()),
  },
  'a route that another Canary has adopted': {
    canary: broken(adopting('podinfo')),
    reason: 'InvalidSpec',
    says:
      'HTTPRoute shop/podinfo: it is adopted by another Canary; want one route for each Canary, which is all that is ' +
      'supported yet',
    mend: (world) => world.apply(broken()),
  },
  'a Repository without credentials': {
    given: (world) => world.apply(aRepository({ secretRef: undefined }, 'other')),
    canary: broken(withGit('apps/broken', 'other')),
    reason: 'InvalidSpec',
    says:
      'spec.git.repositoryRef: Repository shop/other has no spec.secretRef: name a Secret with username and password, ' +
      'bearerToken, or identity and known_hosts',
    mend: (world) => world.apply(aRepository({}, 'other')),
  },
  'a Repository whose Secret does not exist': {
    given: (world) => world.apply(aRepository({ secretRef: { name: 'other-git' } }, 'other')),
    canary: broken(withGit('apps/broken', 'other')),
    reason: 'InvalidSpec',
    says: 'spec.git.repositoryRef: Secret shop/other-git of spec.secretRef does not exist',
    mend: (world) => world.apply(aSecret('other-git', { bearerToken: 'hunter2' })),
  },
  'a Repository whose Secret holds no credential': {
    given: (world) => {
      world.apply(aSecret('other-git', { user: 'serin' }));
      world.apply(aRepository({ secretRef: { name: 'other-git' } }, 'other'));
    },
    canary: broken(withGit('apps/broken', 'other')),
    reason: 'GitRefused',
    says:
      "Repository shop/other: Cannot use the Repository's Secret for https: want the keys username and password, or " +
      'bearerToken, not empty; until then nothing begins, because its outcome could not be written',
    mend: (world) => world.apply(aSecret('other-git', { bearerToken: 'hunter2' })),
  },
  'a path that does not exist in Git': {
    canary: broken(withGit('apps/brokn')),
    reason: 'GitRefused',
    says:
      'spec.git.path: Branch main of Repository shop/config: path "apps/brokn" does not exist, want the folder of the ' +
      'target\'s manifests: did you mean "apps/broken"?; until then nothing begins, because its outcome could not be ' +
      'written',
    mend: (world) => world.apply(broken(withGit())),
  },
  'an image that stands in two files': {
    given: (world) => commit(world, { 'apps/broken/copy.yaml': MANIFEST }),
    canary: broken(withGit()),
    reason: 'GitRefused',
    says:
      'spec.git.path: Branch main of Repository shop/config: the image of container app of Deployment shop/broken ' +
      'stands in apps/broken/copy.yaml:15 and in apps/broken/deployment.yaml:15, want it in one place; until then ' +
      'nothing begins, because its outcome could not be written',
    mend: (world) => commit(world, { 'apps/broken/copy.yaml': null }),
  },
};

/** podinfo is taken over and well; beside it `broken` serves without Serin. */
const beside = async (owner: Owner, options: WorldOptions = {}): Promise<World> => {
  const metric = { name: 'request-success-rate', thresholdRange: { min: 99 } };
  const quick = aGitCanary({ analysis: { interval: '2s', stepWeights: [50], metrics: [metric] } });
  const world = await takenOverFromGit(owner, { ...options, canary: quick });
  world.apply(aService('broken'));
  world.apply(aRoute('broken', 'broken.example.com'));
  commit(world, { [FILE]: MANIFEST });
  await world.clock.until(() => deployment(world, 'broken') !== undefined, 10_000);
  return world;
};

const conditionOf = (world: World, type: string) => {
  const found = world.canary('broken').conditions.find((condition) => condition.type === type);
  return found && { status: found.status, reason: found.reason, message: found.message };
};

/** What users of `broken` depend on. */
const whatServes = (world: World): unknown => [
  world.read({ apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'broken' })?.['spec'],
  world.read({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', namespace: 'shop', name: 'broken' })?.[
    'spec'
  ],
  numberAt(deployment(world, 'broken'), 'spec', 'replicas'),
];

for (const [name, { options, given, canary, reason, says, mend }] of Object.entries(MISTAKES)) {
  test(`${name} is told, costs nothing, and is over once mended`, async (t) => {
    const world = await beside(t, options);
    given?.(world);
    await world.clock.advance(2000);
    const before = whatServes(world);

    world.apply(canary);
    await world.clock.until(() => conditionOf(world, 'Stalled')?.status === 'True', 20_000);
    assert.deepEqual(conditionOf(world, 'Stalled'), { status: 'True', reason, message: says });
    assert.deepEqual(conditionOf(world, 'Ready'), { status: 'False', reason, message: says });

    bump(world, 'podinfo:6.1.0');
    await world.clock.until(ended(world, 1), 60_000);
    assert.equal(world.canary().history[0]?.outcome, 'Promoted', 'the other Canary goes on');
    assert.deepEqual(
      world.events('broken').filter((event) => event.startsWith(reason)),
      [`${reason}: ${says}`],
      'told once',
    );
    assert.deepEqual(whatServes(world), before, 'nothing that serves was touched');
    assert.equal(outcomesInGit(world).length, 1, 'Git holds the outcome of podinfo alone');

    mend(world);
    // What is mended in Git is looked at again once a minute.
    await world.clock.until(() => world.canary('broken').phase === 'Initialized', 90_000);
    assert.equal(conditionOf(world, 'Stalled')?.status, 'False');
    assert.equal(conditionOf(world, 'Ready')?.status, 'True');
  });
}

test('a field that does not exist cannot be applied', async (t) => {
  const world = await beside(t);
  assert.throws(() => world.apply(withAnalysis({ thresold: 3 })), {
    message:
      'failed to create typed patch object (shop/broken; serin.dev/v1alpha1, Kind=Canary): .spec.analysis.thresold: field not declared in schema',
  });
});

test('a Prometheus that nobody reaches holds the first weight and says so, until it is mended', async (t) => {
  const world = await takenOver(t, aCanary({ metricsServer: UNREACHABLE }), { rps: 5 });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => (world.canary().run?.consecutiveNoData ?? 0) >= 3, 60_000);
  const run = world.canary().run?.id;
  const words = 'request-success-rate: Cannot reach Prometheus at http://gone.example.com:9090';
  const message = (type: string) => world.canary().conditions.find((condition) => condition.type === type)?.message;
  assert.equal(message('Promoted'), `Run ${run} is held at 10 %: ${words}`);
  assert.ok(world.events().includes(`MetricsUnavailable: Weight held at 10%: ${words}`));

  await world.clock.until(() => world.canary().run?.held !== undefined, 700_000);
  assert.equal(message('Stalled'), `No evidence for 10 min: ${words}`);
  assert.equal(world.canary().canaryWeight, 10, 'no data is no evidence, and no reason to raise');

  world.apply(aCanary());
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
});

test('a mistake made in the middle of a run holds it where it is', async (t) => {
  const world = await takenOver(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  const spec = Object(aCanary()['spec']);
  const metrics = [...spec.analysis.metrics, { name: 'errors', query: 'sum(', thresholdRange: { max: 1 } }];
  world.apply(aCanary({ analysis: { ...spec.analysis, metrics } }));
  await world.clock.advance(30_000);
  assert.equal(world.canary().canaryWeight, 10);
  assert.match(world.canary().conditions.find(({ type }) => type === 'Stalled')?.message ?? '', /metrics\[1\]\.query/);
  world.apply(aCanary());
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
});
