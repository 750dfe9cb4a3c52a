import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LeaderElector } from '#src/kube/leader-elector.ts';
import type { Clock } from '#src/lib/clock.ts';
import { at } from '#src/lib/json.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { FakeApiServer, type Intercept, status } from './fake-api-server.ts';

const PATH = '/apis/coordination.k8s.io/v1/namespaces/serin-system/leases/serin.dev';
const LEASES = PATH.slice(0, PATH.lastIndexOf('/'));

/** A clock that runs `speed` times as fast as `base`, and whose wall time is off. */
const skewed = (base: Clock, { speed, offset }: { readonly speed: number; readonly offset: number }): Clock => ({
  now: () => base.now() + offset,
  monotonic: () => base.monotonic() * speed,
  after: (ms, run) => base.after(ms / speed, run),
});

/** A process that wants to lead, with its own connection to the server and its own clock. */
class Candidate {
  readonly log: string[] = [];
  readonly errors: unknown[] = [];
  intercept: Intercept = () => undefined;
  loseAnswer = false;
  /** A crashed process neither acts nor sends anything more. */
  crashed = false;
  onAcquired = (): void => undefined;
  readonly elector: LeaderElector;

  constructor(server: FakeApiServer, identity: string, clock: Clock) {
    const transport = {
      ...server,
      stream: (request: Parameters<FakeApiServer['stream']>[0]) => server.stream(request),
      close: async () => undefined,
      request: async (request: Parameters<FakeApiServer['request']>[0]) => {
        if (this.crashed) return new Promise<never>(() => undefined);
        const given = this.intercept(request);
        if (given instanceof Error) throw given;
        if (given === 'hang') return new Promise<never>(() => undefined);
        const answer = given ?? (await server.request(request));
        if (this.loseAnswer) throw new Error('socket hang up');
        return answer;
      },
    };
    this.elector = new LeaderElector({
      transport,
      clock,
      random: seededRandom(identity.length + identity.charCodeAt(0)),
      lease: { namespace: 'serin-system', name: 'serin.dev' },
      identity,
      onAcquired: () => {
        this.log.push('acquired');
        this.onAcquired();
      },
      onLost: (why) => this.log.push(`lost: ${why}`),
      onError: (error) => this.errors.push(error),
    });
  }

  /** What the process really does: it acts while it believes that it leads. */
  acts(): boolean {
    return !this.crashed && this.elector.isLeader();
  }
}

const setUp = () => {
  const clock = new VirtualClock();
  const server = new FakeApiServer();
  const a = new Candidate(server, 'a', clock);
  const b = new Candidate(server, 'b', clock);
  return { clock, server, a, b };
};
const spec = (server: FakeApiServer) => at(server.object(PATH), 'spec');

test('the first takes the lease and renews it with one write every two seconds', async () => {
  const { clock, server, a, b } = setUp();
  a.elector.start();
  await clock.settle();
  b.elector.start();
  assert.deepEqual(a.log, ['acquired']);
  assert.deepEqual(spec(server), {
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:00.000000Z',
    leaseTransitions: 0,
  });
  server.requests.length = 0;
  await clock.advance(60_000);
  assert.equal(a.elector.isLeader(), true);
  assert.equal(b.elector.isLeader(), false);
  assert.equal(at(spec(server), 'acquireTime'), '2026-01-01T00:00:00.000000Z');
  assert.match(String(at(spec(server), 'renewTime')), /^2026-01-01T00:00:5\d\.\d{6}Z$/);
  const writes = server.requests.filter(({ method }) => method === 'PUT').length;
  const reads = server.requests.filter(({ method }) => method === 'GET').length;
  assert.ok(writes >= 24 && writes <= 30, `${writes} writes`);
  assert.ok(reads >= 24 && reads <= 30, `${reads} reads, all of them by the other`);
});

test('after a clean stop another acts in less than 3 s', async () => {
  const { clock, server, a, b } = setUp();
  a.elector.start();
  await clock.advance(1_000);
  b.elector.start();
  await clock.advance(20_000);
  const stopping = a.elector.stop();
  assert.equal(a.acts(), false);
  await clock.settle();
  await stopping;
  assert.equal(at(spec(server), 'holderIdentity'), '');
  assert.equal(at(spec(server), 'leaseDurationSeconds'), 1);
  const from = clock.monotonic();
  await clock.until(() => b.acts(), 60_000);
  assert.ok(clock.monotonic() - from < 3_000, `${clock.monotonic() - from} ms`);
  assert.equal(at(spec(server), 'leaseTransitions'), 1);
  assert.deepEqual(a.log, ['acquired']);
});

test('after a crash another acts in less than 20 s, and not before 15 s after the last renewal', async () => {
  const { clock, server, a, b } = setUp();
  a.elector.start();
  await clock.advance(700);
  b.elector.start();
  await clock.advance(20_300);
  a.crashed = true;
  const renewed = Date.parse(String(at(spec(server), 'renewTime')));
  const from = clock.monotonic();
  await clock.until(() => b.acts(), 60_000);
  assert.ok(clock.monotonic() - from < 20_000, `${clock.monotonic() - from} ms`);
  assert.ok(clock.now() - renewed >= 15_000);
});

test('a leader whose renewals fail stops after 10 s, says why, and leads again when the server answers', async () => {
  const { clock, a } = setUp();
  a.elector.start();
  await clock.settle();
  a.intercept = () => status(500, 'InternalError', 'etcd is away');
  await clock.advance(9_900);
  assert.equal(a.acts(), true);
  await clock.advance(200);
  assert.equal(a.acts(), false);
  await clock.advance(60_000);
  assert.equal(a.acts(), false);
  assert.equal(a.log.length, 2);
  a.intercept = () => undefined;
  await clock.advance(3_000);
  assert.equal(a.acts(), true);
  assert.deepEqual(a.log.slice(2), ['acquired']);
  assert.match(
    a.log[1] ?? '',
    /^lost: no renewal succeeded for 10 s: Cannot get Lease serin-system\/serin\.dev: .*etcd is away$/,
  );
});

test('a leader whose calls hang stops in time all the same, and survives a single one that hangs', async () => {
  const { clock, a } = setUp();
  a.elector.start();
  await clock.advance(10_000);
  let calls = 0;
  a.intercept = () => (calls++ === 0 ? 'hang' : undefined);
  await clock.advance(30_000);
  assert.equal(a.acts(), true);
  a.intercept = () => 'hang';
  await clock.advance(10_001);
  assert.equal(a.acts(), false);
});

test('a leader that was suspended does not act when it wakes, before any timer has run', async () => {
  const clock = new VirtualClock();
  let asleepMs = 0;
  const suspended: Clock = {
    ...clock,
    now: clock.now,
    after: clock.after,
    monotonic: () => clock.monotonic() + asleepMs,
  };
  const a = new Candidate(new FakeApiServer(), 'a', suspended);
  a.elector.start();
  await clock.advance(5_000);
  assert.equal(a.acts(), true);
  asleepMs = 60_000;
  assert.equal(a.acts(), false);
});

test('an answer that came after its deadline wins nothing', async () => {
  const clock = new VirtualClock();
  let asleepMs = 0;
  const suspended: Clock = { now: clock.now, after: clock.after, monotonic: () => clock.monotonic() + asleepMs };
  const a = new Candidate(new FakeApiServer(), 'a', suspended);
  a.intercept = ({ method }) => {
    if (method === 'POST') asleepMs = 11_000;
    return undefined;
  };
  a.elector.start();
  await clock.advance(1_000);
  assert.deepEqual(a.log, []);
  await clock.advance(2_000);
  assert.deepEqual(a.log, ['acquired']);
});

test('a leader that finds another in the lease stops at once', async () => {
  const { clock, server, a } = setUp();
  a.elector.start();
  await clock.settle();
  server.put(LEASES, { metadata: { name: 'serin.dev' }, spec: { holderIdentity: 'thief', leaseDurationSeconds: 0 } });
  await clock.advance(5_000);
  assert.deepEqual(a.log, ['acquired', 'lost: thief holds the lease']);
});

test('a leader that was cut off stands by for as long as another leads', async () => {
  const { clock, a, b } = setUp();
  a.elector.start();
  await clock.settle();
  b.elector.start();
  a.intercept = () => 'hang';
  await clock.advance(60_000);
  assert.deepEqual([a.acts(), b.acts()], [false, true]);
  a.intercept = () => undefined;
  await clock.advance(60_000);
  assert.deepEqual([a.acts(), b.acts()], [false, true]);
  b.crashed = true;
  await clock.advance(20_000);
  assert.equal(a.acts(), true);
});

test('a renewal whose answer was lost is found again', async () => {
  const { clock, a } = setUp();
  a.elector.start();
  await clock.advance(1_000);
  a.loseAnswer = true;
  await clock.advance(4_000);
  a.loseAnswer = false;
  await clock.advance(20_000);
  assert.equal(a.acts(), true);
  assert.deepEqual(a.log, ['acquired']);
});

test('a stop before the lease was won leaves nothing behind', async () => {
  const { clock, server, a, b } = setUp();
  a.elector.start();
  const stopping = a.elector.stop();
  await clock.settle();
  await stopping;
  assert.deepEqual(a.log, []);
  b.elector.start();
  await clock.advance(3_000);
  assert.equal(b.acts(), true);
  assert.equal(at(spec(server), 'holderIdentity'), 'b');
});

test('two candidates never act at once, whatever their clocks and their connections do', async () => {
  const trouble = fc.record({
    forMs: fc.integer({ min: 200, max: 9_000 }),
    who: fc.constantFrom('a', 'b', 'both'),
    what: fc.constantFrom('well', 'well', 'refused', 'hang', 'answers lost', 'crash'),
  });
  const speed = fc.double({ min: 0.85, max: 1.2, noNaN: true });
  const property = fc.asyncProperty(
    fc.array(trouble, { minLength: 1, maxLength: 25, size: 'max' }),
    fc.tuple(speed, speed),
    fc.integer({ min: -600_000, max: 600_000 }),
    async (troubles, [speedA, speedB], offset) => {
      const clock = new VirtualClock();
      const server = new FakeApiServer();
      const processes: Candidate[] = [];
      const together: string[] = [];
      const launch = (slot: 'a' | 'b'): Candidate => {
        const own =
          slot === 'a' ? skewed(clock, { speed: speedA, offset }) : skewed(clock, { speed: speedB, offset: 0 });
        const candidate = new Candidate(server, `${slot}${processes.length}`, own);
        processes.push(candidate);
        // Two can begin to act together only when one of them is the first to.
        candidate.onAcquired = () => {
          const acting = processes.filter((other) => other.acts());
          if (acting.length > 1) together.push(`${acting.length} at ${clock.monotonic()}`);
        };
        candidate.elector.start();
        return candidate;
      };
      const running = { a: launch('a'), b: launch('b') };
      for (const { forMs, who, what } of troubles) {
        for (const slot of ['a', 'b'] as const) {
          // Whoever has died is started anew, as the kubelet does.
          if (running[slot].crashed) running[slot] = launch(slot);
          const hit = who === 'both' || who === slot;
          const candidate = running[slot];
          candidate.crashed = hit && what === 'crash';
          candidate.loseAnswer = hit && what === 'answers lost';
          candidate.intercept = () => {
            if (!hit) return undefined;
            return what === 'hang' ? 'hang' : what === 'refused' ? status(503, 'ServiceUnavailable', 'no') : undefined;
          };
        }
        await clock.advance(forMs);
      }
      for (const slot of ['a', 'b'] as const) {
        if (running[slot].crashed) running[slot] = launch(slot);
        running[slot].intercept = () => undefined;
        running[slot].loseAnswer = false;
      }
      await clock.advance(30_000);
      assert.deepEqual(together, []);
      assert.equal(processes.filter((candidate) => candidate.acts()).length, 1, 'somebody leads in the end');
      for (const { elector } of processes) void elector.stop();
    },
  );
  await fc.assert(property, { numRuns: process.env['SERIN_DEEP'] === undefined ? 50 : 2_000 });
});
