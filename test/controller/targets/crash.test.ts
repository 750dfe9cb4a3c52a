import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Transport } from '#src/kube/transport.ts';
import { messageOf } from '#src/lib/message-of.ts';
import { crashAfterWrite } from '#src/sandbox/faults/crash-after-write.ts';
import { isWrite } from '#src/sandbox/faults/fault.ts';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { ended, type Owner } from '#test/harness/release.ts';
import {
  aDaemonCanary,
  aDaemonSet,
  aServiceCanary,
  aWish,
  SURGE,
  servingOnNodes,
  servingVersions,
} from '#test/harness/targets.ts';

// After Sieve (Sun et al., OSDI 2022): the controller dies after each of its writes, a new one takes over, and the end
// must be that of the life in which nothing happened.

const deep = process.env['SERIN_DEEP'] !== undefined;
/** Every place in `npm run test:deep`; else one of so many. */
const STRIDE = deep ? 1 : 83;
const LIMIT = 240_000;

type Life = {
  readonly serving: (owner: Owner) => Promise<World>;
  readonly begin: (world: World) => void;
  readonly ask: (world: World, version: string) => void;
};

const onNodes = (spec: Parameters<typeof aDaemonSet>[1]): Life => ({
  serving: (owner) => servingOnNodes(owner, { rps: 20, target: aDaemonSet('podinfo:6.0.0', spec) }),
  begin: (world) => world.apply(aDaemonCanary()),
  ask: (world, version) => world.apply(aDaemonSet(`podinfo:${version}`, spec)),
});

const LIVES: Readonly<Record<string, Life>> = {
  'a DaemonSet': onNodes({}),
  'a DaemonSet with a nodeSelector, which surges': onNodes({
    spec: SURGE,
    pod: { nodeSelector: { 'kubernetes.io/os': 'linux' } },
  }),
  'a Service': {
    serving: (owner) => servingVersions(owner),
    begin: (world) => world.apply(aServiceCanary()),
    ask: (world, version) => world.apply(aWish(version)),
  },
};

type Crash = { readonly writes: number; readonly answered: boolean };

/** What is the same however the end was reached. */
const standing = ({ cluster }: World): readonly string[] =>
  ['apps/v1 DaemonSet', 'apps/v1 Deployment', 'v1 Service', 'gateway.networking.k8s.io/v1 HTTPRoute']
    .flatMap((kind) => {
      const [apiVersion = '', name = ''] = kind.split(' ');
      return cluster.api.list({ apiVersion, kind: name }, { namespace: 'shop' });
    })
    .map(({ kind, metadata, spec }) => {
      const { clusterIP: _, clusterIPs: __, ...rest } = Object(spec);
      // What a DaemonSet's version is called depends on whether Kubernetes has first seen it held or not.
      const { 'serin.dev/revision': ___, ...labels } = metadata.labels ?? {};
      return JSON.stringify([kind, metadata.name, labels, metadata.annotations, rest]);
    })
    .sort();

/** A whole life: taken over, a bad version, a good one, given back. */
const live = async (owner: Owner, life: Life, crash?: Crash) => {
  const world = await life.serving(owner);
  const seen = { writes: 0, crashed: false };
  const counting = (transport: Transport): Transport => ({
    ...transport,
    request: async (request) => {
      const response = await transport.request(request);
      if (isWrite(request) && response.status < 300) seen.writes++;
      return response;
    },
  });
  const dying = (transport: Transport): Transport =>
    crash === undefined
      ? counting(transport)
      : crashAfterWrite(counting(transport), {
          ...crash,
          onCrash: () => {
            seen.crashed = true;
            if (crash.answered) first.isolate();
            else first.kill();
            world.clock.after(1500, () => void world.startController());
          },
        });
  const first = world.startController({ through: dying });
  const born = world.load.snapshot();
  life.begin(world);
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  life.ask(world, '6.9.0-bad');
  await world.clock.until(ended(world, 1), LIMIT);
  life.ask(world, '6.1.0');
  await world.clock.until(() => world.canary().history.some(({ outcome }) => outcome === 'Promoted'), LIMIT);
  await world.clock.until(() => world.canary().run === undefined, LIMIT);
  await world.clock.advance(5000);
  const { history, stable } = world.canary();
  const middle = [standing(world), history.map(({ outcome, hash }) => [outcome, hash]), stable?.hash];
  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, LIMIT);
  await world.clock.advance(5000);
  const { failures, versions } = world.load.since(born);
  return {
    seen,
    end: { middle, end: standing(world) },
    lost: failures - (versions['6.9.0-bad']?.failures ?? 0),
    bad: versions['6.9.0-bad']?.requests ?? 0,
  };
};

for (const [index, [name, life]] of Object.entries(LIVES).entries()) {
  test(`${name} comes to the same end wherever the controller dies`, async (t) => {
    const wanted = await live(t, life);
    assert.equal(wanted.lost, 0);
    const all = Array.from({ length: wanted.seen.writes }, (_, place) =>
      [false, true].map((answered): Crash => ({ writes: place + 1, answered })),
    ).flat();
    const chosen = all.filter((_, place) => (place + 7 * index) % STRIDE === 0);
    const failed: string[] = [];
    for (const crash of chosen) {
      try {
        const played = await live(t, life, crash);
        assert.ok(played.seen.crashed, 'the crash happened');
        assert.deepEqual(played.end, wanted.end);
        assert.equal(played.lost, 0, 'no request is lost');
      } catch (error) {
        failed.push(`after write ${crash.writes}${crash.answered ? ', answered' : ''}: ${messageOf(error)}`);
      }
    }
    t.diagnostic(`${chosen.length} of ${all.length} places to crash in the life of ${name}`);
    assert.deepEqual(failed, []);
  });
}
