import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shadowRef } from '#src/flagger/shadow.ts';
import { at } from '#src/lib/json.ts';
import { crashAfterWrite } from '#src/sandbox/faults/crash-after-write.ts';
import type { World } from '#test/harness/a-world.ts';
import { type Owner, serving } from '#test/harness/release.ts';
import { leftByFlagger } from './flagger-left.ts';
import { aFlaggerCanary, shop } from './flagger-manifests.ts';
import { phase, runByFlagger } from './flagger-world.ts';

const KEY = { namespace: 'shop', name: 'podinfo' };
const LIMIT = 300_000;
const SETTINGS = { watchFlagger: true };
const RESTART_MS = 1_500;
const REST_MS = 20_000;
/** Of the writes after which it dies: each one where there is time. */
const STRIDE = process.env['SERIN_DEEP'] === undefined ? 4 : 1;

const primaryPods = (world: World): readonly string[] =>
  world.cluster.api
    .list({ apiVersion: 'v1', kind: 'Pod' })
    .filter(({ metadata }) => metadata.labels?.['app'] === 'podinfo-primary')
    .map(({ metadata }) => metadata.name)
    .toSorted();

/** Starts a controller that dies after its n-th write, and another after it. */
const dyingAfter = (world: World, writes: number): { readonly crashed: () => boolean } => {
  let crashed = false;
  const first = world.startController({
    settings: SETTINGS,
    through: (transport) =>
      crashAfterWrite(transport, {
        writes,
        onCrash: () => {
          crashed = true;
          first.kill();
          world.clock.after(RESTART_MS, () => void world.startController({ settings: SETTINGS }));
        },
      }),
  });
  return { crashed: () => crashed };
};

/** Everything that stands in the namespace and in whose hands, without what differs from time to time. */
const standing = (world: World): unknown => {
  const owned = [
    { apiVersion: 'apps/v1', kind: 'Deployment' },
    { apiVersion: 'v1', kind: 'Service' },
    { apiVersion: 'v1', kind: 'ConfigMap' },
    { apiVersion: 'apps/v1', kind: 'ControllerRevision' },
    { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' },
    { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary' },
    { apiVersion: 'flagger.app/v1beta1', kind: 'Canary' },
  ].flatMap((of) => world.cluster.api.list(of));
  return owned.map(({ apiVersion, kind, metadata, ...object }) => ({
    apiVersion,
    kind,
    name: metadata.name,
    labels: Object.keys(metadata.labels ?? {}).toSorted(),
    annotations: Object.keys(metadata.annotations ?? {}).toSorted(),
    finalizers: metadata.finalizers ?? [],
    owners: (metadata.ownerReferences ?? []).map((owner) => `${owner.apiVersion} ${owner.name}`),
    replicas: at(object, 'spec', 'replicas'),
    selector: at(object, 'spec', 'selector'),
    rules: at(object, 'spec', 'rules'),
    phase: at(object, 'status', 'phase'),
  }));
};

type Story = {
  readonly name: string;
  readonly begin: (t: Owner) => Promise<World>;
  readonly tell: (world: World) => void;
  readonly isTold: (world: World) => boolean;
};

const STORIES: readonly Story[] = [
  {
    name: 'from Flagger to Serin',
    begin: async (t) => {
      const world = await serving(t, { rps: 5 });
      world.apply(aFlaggerCanary());
      await leftByFlagger(world);
      return world;
    },
    tell: (world) => world.apply(shop(true)),
    isTold: (world) => world.canary().phase === 'Initialized' && phase(world) === 'Initialized',
  },
  {
    name: 'from Serin to Flagger',
    begin: async (t) => {
      const world = await runByFlagger(t);
      world.killControllers();
      return world;
    },
    tell: (world) => world.apply(shop(false)),
    isTold: (world) => world.read(shadowRef(KEY)) === undefined && phase(world) === 'Initializing',
  },
];

/** The story with a crash after the n-th write; what stood at its end, and whether it came so far. */
const played = async (story: Story, writes: number): Promise<{ readonly end: unknown; readonly crashed: boolean }> => {
  const ends: (() => Promise<void>)[] = [];
  const world = await story.begin({ after: (end) => void ends.push(end) });
  try {
    const [pods, { failures }] = [primaryPods(world), world.load.snapshot()];
    const controller = dyingAfter(world, writes);
    story.tell(world);
    await world.clock.until(() => story.isTold(world), LIMIT);
    await world.clock.advance(REST_MS);
    assert.deepEqual(primaryPods(world), pods, `pods after write ${writes}`);
    assert.equal(world.load.snapshot().failures, failures, `lost requests after write ${writes}`);
    return { end: standing(world), crashed: controller.crashed() };
  } finally {
    for (const end of ends) await end();
  }
};

for (const story of STORIES) {
  test(`${story.name}: a crash after any write comes to the same end, without a restart of a pod`, async () => {
    const { end } = await played(story, Number.POSITIVE_INFINITY);
    let crashes = 0;
    for (let writes = 1; ; writes += STRIDE) {
      const perturbed = await played(story, writes);
      assert.deepEqual(perturbed.end, end, `after write ${writes}`);
      if (!perturbed.crashed) break;
      crashes++;
    }
    assert.ok(crashes >= 3, `${crashes} crashes`);
  });
}
