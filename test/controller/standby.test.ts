import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeRequest, Transport } from '#src/kube/transport.ts';
import { stringAt } from '#src/lib/json.ts';
import type { Right } from '#src/sandbox/faults/rbac.ts';
import type { World } from '#test/harness/a-world.ts';
import { guard } from '#test/harness/guard.ts';
import { keptLog } from '#test/harness/kept-log.ts';
import { lacking } from '#test/harness/lacking.ts';
import { aCanary } from '#test/harness/manifests.ts';
import type { Process } from '#test/harness/process.ts';
import { deployment, ended, type Owner, push, serving } from '#test/harness/release.ts';

// A controller that loses its lease stops acting at once, keeps its caches, stands by, and acts again when the lease is
// its own again. No process ends.

/** How a server that is away behaves to its client. */
type Away = 'hangs' | 'refuses' | 'answers 429' | 'answers 500' | undefined;

/** A controller with its own line to the API server, which can be cut. */
type Peer = { readonly process: Process; away: Away; isDead: boolean; readonly told: (what: string) => number };

const STATUS = { 'answers 429': 429, 'answers 500': 500 } as const;

/** What comes through an open watch; what happens while the line is cut never does, as on a dead connection. */
async function* heard(events: AsyncIterable<unknown>, peer: () => Peer | undefined): AsyncGenerator<unknown> {
  for await (const event of events) if (peer()?.away === undefined) yield event;
}

/** Two controllers with leader election, and podinfo taken over by the first; every write is held against who may write at that moment. */
const twoPeers = async (owner: Owner) => {
  const world = await serving(owner);
  const overreach: string[] = [];
  const peers: Peer[] = [];
  const line = (peer: () => Peer | undefined, transport: Transport): Transport => {
    const pass = async <T>(request: KubeRequest, send: () => Promise<T>, answer: (status: number) => T): Promise<T> => {
      const away = peer()?.away;
      if (away === 'hangs') return new Promise((_, reject) => request.signal?.addEventListener('abort', reject));
      if (away === 'refuses') throw new Error('connect ECONNREFUSED');
      if (away !== undefined) return answer(STATUS[away]);
      return send();
    };
    return {
      close: transport.close,
      request: (request) => {
        const isOwn = request.path.includes('/leases') || request.path.includes('/events');
        if (request.method !== 'GET' && !isOwn && !(peer()?.process.controller.leading ?? false)) {
          overreach.push(`${request.method} ${request.path}`);
        }
        return pass(
          request,
          () => transport.request(request),
          (status) => ({ status, headers: {}, body: {} }),
        );
      },
      stream: (request) =>
        pass(
          request,
          async () => {
            const stream = await transport.stream(request);
            return { ...stream, events: heard(stream.events, peer) };
          },
          (status) => ({ status, headers: {}, body: {}, events: (async function* () {})() }),
        ),
    };
  };
  for (const index of [0, 1]) {
    const { log, lines } = keptLog();
    const process = world.startController({
      log,
      settings: { leaderElect: true },
      through: (transport) => line(() => peers[index], transport),
    });
    peers.push({
      process,
      away: undefined,
      isDead: false,
      told: (what) => lines.filter(({ msg }) => msg === what).length,
    });
    await world.clock.advance(1_000);
  }
  const [first, second] = peers;
  assert.ok(first && second);
  const leaders = (): readonly boolean[] => peers.map(({ process, isDead }) => !isDead && process.controller.leading);
  /** Advances, and looks at each step that not both lead. */
  const advance = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      await world.clock.advance(100);
      if (leaders().every((leads) => leads)) overreach.push(`both lead at ${world.clock.monotonic()}`);
    }
  };
  world.apply(aCanary());
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return { world, first, second, leaders, advance, overreach, mark: world.load.snapshot() };
};

const holder = (world: World): string | undefined =>
  stringAt(
    world.read({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'serin-system', name: 'serin' }),
    'spec',
    'holderIdentity',
  );

test('one that is cut off hands over in the middle of a run, comes back as a standby, and leads again', async (t) => {
  const { world, first, second, leaders, advance, overreach, mark } = await twoPeers(t);
  const broken = guard(world);
  assert.deepEqual(leaders(), [true, false]);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);

  first.away = 'hangs';
  await advance(11_000);
  assert.deepEqual(leaders(), [false, false], 'it stops before anybody else may begin');
  await advance(9_000);
  assert.deepEqual(leaders(), [false, true]);
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');

  first.away = undefined;
  await advance(60_000);
  assert.deepEqual(leaders(), [false, true]);
  assert.deepEqual(first.process.controller.readiness(), { missing: [], problems: [] });

  push(world, 'podinfo:6.2.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  second.away = 'refuses';
  await advance(20_000);
  assert.deepEqual(leaders(), [true, false]);
  await world.clock.until(ended(world, 2), 60_000);
  assert.deepEqual(
    world.canary().history.map(({ outcome }) => outcome),
    ['Promoted', 'Promoted'],
  );
  second.away = undefined;
  await advance(60_000);
  assert.equal(holder(world), 'controller-1');
  assert.deepEqual([first.told('leading'), second.told('leading')], [2, 1]);
  assert.deepEqual(overreach, []);
  assert.deepEqual(broken(), []);
  assert.equal(world.load.since(mark).failures, 0);
});

test('a standby that missed what another did reads it anew before it acts', async (t) => {
  const { world, first, second, advance, overreach } = await twoPeers(t);
  first.away = 'hangs';
  await advance(20_000);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 120_000);
  const template = deployment(world, 'podinfo-primary')?.['spec'];
  // The other dies at the moment when the way is free again: no watch has shown anything yet.
  second.process.kill();
  second.isDead = true;
  first.away = undefined;
  await advance(40_000);
  assert.equal(first.process.controller.leading, true);
  assert.deepEqual(deployment(world, 'podinfo-primary')?.['spec'], template, 'the promoted version stays');
  assert.equal(world.canary().history.length, 1, 'and is not run again');
  push(world, 'podinfo:6.2.0');
  await world.clock.until(ended(world, 2), 60_000);
  assert.deepEqual(overreach, []);
});

for (const away of ['hangs', 'refuses', 'answers 429', 'answers 500'] as const) {
  test(`an API server that ${away} for a minute is told once, and the run goes on after it`, async (t) => {
    const { world, first, second, leaders, advance, overreach, mark } = await twoPeers(t);
    push(world, 'podinfo:6.1.0');
    await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
    for (const peer of [first, second]) peer.away = away;
    await advance(60_000);
    assert.deepEqual(leaders(), [false, false]);
    assert.match(
      first.process.controller.readiness().problems[0] ?? '',
      /^The API server .*; want: nothing to be applied/,
    );
    for (const peer of [first, second]) peer.away = undefined;
    await world.clock.until(ended(world, 1), 120_000);
    assert.equal(world.canary().history[0]?.outcome, 'Promoted');
    for (const { told, process } of [first, second]) {
      assert.equal(told('cluster problem'), 1);
      assert.equal(told('cluster problem mended'), 1);
      assert.deepEqual(process.controller.readiness(), { missing: [], problems: [] });
    }
    assert.equal(first.told('lease lost, standing by'), 1);
    assert.deepEqual(overreach, []);
    assert.equal(world.load.since(mark).failures, 0);
  });
}

test('a lease that has no namespace is told with what to apply', async (t) => {
  const world = await serving(t, { rps: 5 });
  const { log, lines } = keptLog();
  const process = world.startController({ log, settings: { leaderElect: true, leaseNamespace: 'nowhere' } });
  await world.clock.advance(30_000);
  assert.deepEqual(process.controller.readiness().missing, [
    'Namespace nowhere, in which the Lease serin is to be kept, does not exist; want: kubectl create namespace ' +
      'nowhere, or another --lease-namespace',
  ]);
  assert.deepEqual(
    lines.map(({ msg }) => msg).filter((msg) => msg !== 'caches filled'),
    ['cluster problem', 'lease cannot be renewed'],
  );
  world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'nowhere' } });
  await world.clock.advance(5_000);
  assert.equal(process.controller.leading, true);
  assert.deepEqual(process.controller.readiness().missing, []);
});

test('a lease that RBAC does not let it have is told with its rule, until it may', async (t) => {
  const world = await serving(t, { rps: 5 });
  let missing = true;
  // As a rule with resourceNames: the right is for one name, and creating is another rule's.
  const lacks = ({ verb, resource }: Right): boolean => missing && resource === 'leases' && verb === 'get';
  const process = world.startController({
    settings: { leaderElect: true },
    through: lacking(lacks),
  });
  await world.clock.advance(10_000);
  assert.deepEqual(process.controller.readiness().missing, [
    'RBAC does not grant "get" on leases.coordination.k8s.io in namespace serin-system; want: kubectl apply -k ' +
      'deploy/kustomize, or the rule {apiGroups: ["coordination.k8s.io"], resources: [leases], verbs: [get]} in Role ' +
      'serin-leader of namespace serin-system',
  ]);
  missing = false;
  await world.clock.advance(5_000);
  assert.equal(process.controller.leading, true);
  assert.deepEqual(process.controller.readiness().missing, []);
});
