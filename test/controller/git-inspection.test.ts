import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { numberAt } from '#src/lib/json.ts';
import { GATEWAY } from '#src/sandbox/cluster.ts';
import type { World } from '#test/harness/a-world.ts';
import {
  aGitCanary,
  asksFor,
  bump,
  deploymentYaml,
  MANIFEST,
  outcomesInGit,
  servingFromGit,
  takenOverFromGit,
} from '#test/harness/git-release.ts';
import { aCanary, aDeployment, aRepository, aSecret, aService } from '#test/harness/manifests.ts';
import { deployment, ended } from '#test/harness/release.ts';

const COPY = 'apps/podinfo/copy.yaml';
const GIT = { repositoryRef: { name: 'config' }, path: 'apps/podinfo', onFailure: 'revert' } as const;

/** What Serin may write beside its own status while it waits: nothing of this serves or carries traffic. */
const OWN = ['canaries.serin.dev', 'canaries.serin.dev/status', 'controllerrevisions.apps', 'events.events.k8s.io'];

const condition = (world: World, type: string) => world.canary().conditions.find((one) => one.type === type);
const stalled = (world: World) => () => condition(world, 'Stalled')?.status === 'True';
const initialized = (world: World) => () => world.canary().phase === 'Initialized';

/** What everybody sees of a Canary that stands still for this reason: a condition, an event, and nothing touched. */
const assertRefused = (world: World, words: RegExp): void => {
  const { reason, message = '' } = condition(world, 'Stalled') ?? {};
  assert.equal(reason, 'GitRefused');
  assert.match(message, words);
  assert.match(message, /; until then nothing begins, because its outcome could not be written$/);
  assert.deepEqual(
    world.events('podinfo').filter((event) => event.startsWith('GitRefused')),
    [`GitRefused: ${message}`],
  );
  assert.deepEqual(outcomesInGit(world), []);
};

/** A Canary whose Git is wrong before its take-over; resolves when it says so. */
const refusedAtFirst = async (
  t: TestContext,
  options: { readonly canary?: ReturnType<typeof aGitCanary>; readonly prepare?: (world: World) => void },
): Promise<World> => {
  const world = await servingFromGit(t);
  options.prepare?.(world);
  const mark = world.load.snapshot();
  world.cluster.api.audit.reset();
  world.startController();
  world.apply(options.canary ?? aGitCanary());
  await world.clock.until(stalled(world), 10_000);
  await world.clock.advance(30_000);
  assert.ok(!initialized(world)());
  assert.equal(numberAt(deployment(world, 'podinfo'), 'spec', 'replicas'), 2, 'the target goes on to serve');
  assert.equal(world.load.since(mark).failures, 0);
  const written = world.cluster.api.audit
    .table()
    .filter(({ user, verb }) => user === 'serin' && !['get', 'list', 'watch'].includes(verb))
    .map(({ resource }) => resource);
  assert.deepEqual(
    written.filter((resource) => !OWN.includes(resource)),
    [],
  );
  return world;
};

test('a path that does not exist holds the take-over, until the Canary names one that does', async (t) => {
  const world = await refusedAtFirst(t, { canary: aGitCanary({ git: { ...GIT, path: 'apps/podinfos' } }) });
  assertRefused(
    world,
    /^spec\.git\.path: Branch main of Repository shop\/config: path "apps\/podinfos" does not exist, want the folder of the target's manifests: did you mean "apps\/podinfo"\?/,
  );
  world.apply(aGitCanary());
  await world.clock.until(initialized(world), 60_000);
  assert.equal(condition(world, 'Stalled')?.status, 'False');
});

test('an image in two files holds the take-over, until Git is mended', async (t) => {
  const prepare = ({ git }: World) =>
    git.push({ files: { [COPY]: `---\n${deploymentYaml('podinfo:6.0.0')}` }, message: 'Copy' });
  const world = await refusedAtFirst(t, { prepare });
  assertRefused(
    world,
    /the image of container app of Deployment shop\/podinfo stands in apps\/podinfo\/copy\.yaml:16 and in apps\/podinfo\/deployment\.yaml:15, want it in one place/,
  );
  world.git.push({ files: { [COPY]: null }, message: 'Drop the copy' });
  await world.clock.until(initialized(world), 120_000);
});

test('a branch that is not there, until the Repository names one', async (t) => {
  const world = await refusedAtFirst(t, { prepare: ({ apply }) => apply(aRepository({ branch: 'release' })) });
  assertRefused(world, /^Repository shop\/config: Cannot find branch release in .*: want one with a commit/);
  world.apply(aRepository());
  await world.clock.until(initialized(world), 60_000);
});

test('a password that is not accepted, until the Secret holds another', async (t) => {
  const world = await refusedAtFirst(t, {
    prepare: ({ git }) => {
      git.locked = true;
    },
  });
  assertRefused(world, /^Repository shop\/config: Cannot log in to /);
  world.git.locked = false;
  world.apply(aSecret('config-git', { username: 'serin', password: 'hunter3' }));
  await world.clock.until(() => !stalled(world)(), 1000);
  await world.clock.until(initialized(world), 60_000);
});

test('Git that is away keeps nobody from being taken over', async (t) => {
  const world = await servingFromGit(t);
  world.git.away = true;
  world.startController();
  world.apply(aGitCanary());
  await world.clock.until(initialized(world), 60_000);
  assert.equal(condition(world, 'Stalled')?.status, 'False');
});

test('a run once begun goes on when its path breaks; the next one waits until that is mended', async (t) => {
  const world = await takenOverFromGit(t);
  bump(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  world.git.push({ files: { [COPY]: deploymentYaml('podinfo:6.1.0') }, message: 'Copy' });
  // Makes the controller look at Git again.
  world.apply(aSecret('config-git', { username: 'serin', password: 'hunter3' }));
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  await world.clock.until(stalled(world), 10_000);
  const files = { [MANIFEST]: deploymentYaml('podinfo:6.2.0'), [COPY]: deploymentYaml('podinfo:6.2.0') };
  world.git.push({ files, message: 'Bump both' });
  await world.clock.until(() => asksFor(world) === 'podinfo:6.2.0', 10_000);
  await world.clock.advance(120_000);
  assert.deepEqual([world.canary().runs, world.canary().run], [1, undefined]);
  assert.match(condition(world, 'Stalled')?.message ?? '', /stands in .*copy\.yaml:15 and in .*deployment\.yaml:15/);
  world.git.push({ files: { [COPY]: null }, message: 'Drop the copy' });
  await world.clock.until(ended(world, 2), 180_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  await world.clock.until(() => condition(world, 'GitSynced')?.status === 'True', 10_000);
  assert.equal(outcomesInGit(world).length, 2);
});

test('what has broken since the last look is found when it costs an outcome, before another run begins', async (t) => {
  const world = await takenOverFromGit(t);
  const copied = (image: string) =>
    world.git.push({ files: { [MANIFEST]: deploymentYaml(image), [COPY]: deploymentYaml(image) }, message: 'Copy' });
  copied('podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), 60_000);
  await world.clock.until(stalled(world), 10_000);
  assert.match(condition(world, 'GitSynced')?.message ?? '', /Ambiguous: .* stands in /);
  copied('podinfo:6.2.0');
  await world.clock.advance(30_000);
  assert.equal(world.canary().runs, 1);
  world.git.push({ files: { [COPY]: null }, message: 'Drop the copy' });
  await world.clock.until(ended(world, 2), 120_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
});

test('what is wrong with one Canary’s Git does not disturb another', async (t) => {
  const world = await takenOverFromGit(t);
  const service = { port: 80, targetPort: 9898, gatewayRefs: [GATEWAY], hosts: ['other.example.com'] };
  world.apply(aService('other'));
  world.apply(aDeployment('podinfo:6.0.0', { name: 'other', replicas: 1 }));
  world.apply(aCanary({ service, git: { ...GIT, path: 'nowhere' } }, 'other'));
  bump(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  const [stalled] = world.canary('other').conditions.filter(({ type }) => type === 'Stalled');
  assert.match(stalled?.message ?? '', /^spec\.git\.path: .*path "nowhere" does not exist/);
});
