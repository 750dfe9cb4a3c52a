import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeRequest, Transport } from '#src/kube/transport.ts';
import { at, stringAt } from '#src/lib/json.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import { type Fault, type FaultPlan, faultAt, isWrite, randomFaults } from '#src/sandbox/faults/fault.ts';
import { ConnectionLost, faultyTransport } from '#src/sandbox/faults/faulty-transport.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const WATCH: KubeRequest = { method: 'GET', path: MAPS, query: { watch: 'true' } };
const create = (name: string): KubeRequest => ({
  method: 'POST',
  path: MAPS,
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } },
});

const open = (plan: FaultPlan) => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  const transport = faultyTransport(inProcessTransport(api, { user: 'test' }), { plan, clock });
  const names = (): readonly string[] =>
    api.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace: 'default' }).map(({ metadata }) => metadata.name);
  return { clock, transport, names };
};

/** What a watch shows until it ends, with the time of each event. */
const record = (transport: Transport, clock: VirtualClock): { seen: string[] } => {
  const seen: string[] = [];
  const start = clock.now();
  const run = async (): Promise<void> => {
    const { events } = await transport.stream(WATCH);
    for await (const event of events)
      seen.push(`${stringAt(event, 'object', 'metadata', 'name')} ${clock.now() - start}`);
  };
  run().then(
    () => seen.push('end'),
    (error: unknown) => seen.push(error instanceof ConnectionLost ? 'lost' : String(error)),
  );
  return { seen };
};

test('a dropped request does nothing, a lost answer leaves its write behind', async () => {
  const faults: readonly Fault[] = [{ type: 'drop' }, { type: 'loseAnswer' }];
  const { transport, names } = open((_, index) => faults[index]);
  await assert.rejects(transport.request(create('a')), ConnectionLost);
  assert.deepEqual(names(), []);
  await assert.rejects(transport.request(create('a')), ConnectionLost);
  assert.deepEqual(names(), ['a']);
  assert.equal((await transport.request(create('b'))).status, 201);
});

test('delays pass on the clock: before the write, or after it', async () => {
  for (const type of ['delay', 'delayAnswer'] as const) {
    const { clock, transport, names } = open(faultAt(0, { type, ms: 1000 }));
    let answered = false;
    void transport.request(create('a')).then(() => {
      answered = true;
    });
    await clock.advance(999);
    assert.deepEqual(names(), type === 'delay' ? [] : ['a']);
    assert.equal(answered, false);
    await clock.advance(1);
    assert.deepEqual(names(), ['a']);
    assert.equal(answered, true);
  }
});

test('a delayed request that is aborted is never made', async () => {
  const { clock, transport, names } = open(faultAt(0, { type: 'delay', ms: 1000 }));
  const stop = new AbortController();
  const request = assert.rejects(transport.request({ ...create('a'), signal: stop.signal }), { name: 'AbortError' });
  stop.abort();
  await request;
  await clock.advance(2000);
  assert.deepEqual(names(), []);
});

test('a refusal is a Status with Retry-After and does nothing', async () => {
  const { transport, names } = open(faultAt(0, { type: 'refuse', status: 429, retryAfterSeconds: 3 }, isWrite));
  const refused = await transport.request(create('a'));
  assert.equal(refused.status, 429);
  assert.equal(refused.headers['retry-after'], '3');
  assert.equal(at(refused.body, 'reason'), 'TooManyRequests');
  assert.deepEqual(names(), []);
  const { transport: other } = open(faultAt(0, { type: 'refuse', status: 410 }));
  assert.equal((await other.stream(WATCH)).status, 410);
});

test('watches are cut, doubled and delayed', async () => {
  const plans: readonly (readonly [Fault, readonly string[]])[] = [
    [{ type: 'cut', afterEvents: 1 }, ['a 0', 'lost']],
    [{ type: 'cut', afterEvents: 0 }, ['lost']],
    [{ type: 'duplicate' }, ['a 0', 'a 0', 'b 0', 'b 0']],
    [{ type: 'delayEvents', ms: 100 }, ['a 100', 'b 200']],
  ];
  for (const [fault, expected] of plans) {
    const { clock, transport } = open(faultAt(0, fault, (request) => !isWrite(request)));
    const { seen } = record(transport, clock);
    await transport.request(create('a'));
    await transport.request(create('b'));
    await clock.advance(1000);
    assert.deepEqual(seen, expected, fault.type);
  }
});

test('the same seed gives the same faults, each where it fits', async () => {
  const faults: readonly Fault[] = [{ type: 'drop' }, { type: 'loseAnswer' }, { type: 'cut', afterEvents: 1 }];
  const play = (seed: number) => {
    const plan = randomFaults(seededRandom(seed), { rate: 0.5, faults });
    return Array.from({ length: 40 }, (_, index) => plan(index % 2 === 0 ? WATCH : create('a'), index)?.type);
  };
  assert.deepEqual(play(1), play(1));
  assert.notDeepEqual(play(1), play(2));
  const [watches, writes] = [
    play(1).filter((_, index) => index % 2 === 0),
    play(1).filter((_, index) => index % 2 === 1),
  ];
  assert.deepEqual(new Set(watches), new Set(['drop', 'cut', undefined]));
  assert.deepEqual(new Set(writes), new Set(['drop', 'loseAnswer', undefined]));
});

test('a fault that does not fit the request is an error of the plan', async () => {
  const { transport } = open((request) => (isWrite(request) ? { type: 'duplicate' } : { type: 'loseAnswer' }));
  await assert.rejects(transport.request(create('a')), TypeError);
  await assert.rejects(transport.stream(WATCH), TypeError);
});
