import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createKubeClient } from '#src/kube/create-client.ts';
import { Reflector } from '#src/kube/reflector.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { FakeApiServer, type Line, status } from '#test/kube/fake-api-server.ts';

const numRuns = process.env['SERIN_DEEP'] === undefined ? 100 : 3_000;
const PODS = '/api/v1/pods';
const name = fc.constantFrom('p-1', 'p-2', 'p-3', 'p-4');
const event = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant('put' as const), name }), weight: 8 },
  { arbitrary: fc.record({ do: fc.constant('remove' as const), name }), weight: 4 },
  {
    arbitrary: fc.record({ do: fc.constantFrom('compact', 'bookmark', 'end', 'break', 'garbage', 'gone') }),
    weight: 4,
  },
  { arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3_000 }) }), weight: 6 },
);
/** What becomes of a line of the watch: `repeat` sends the lines before it once more, after it. */
type Fate = 'deliver' | 'repeat' | 'lose' | 'delay';
const answer = fc.constantFrom(undefined, undefined, undefined, 401, 403, 410, 429, 500, 'broken' as const);
const scenario = (fates: readonly Fate[]) =>
  fc.record({
    events: fc.array(event, { maxLength: 60, size: 'max' }),
    fates: fc.array(fc.constantFrom(...fates), { minLength: 1, maxLength: 20, size: 'max' }),
    answers: fc.array(answer, { minLength: 1, maxLength: 10, size: 'max' }),
  });
type Scenario = ReturnType<typeof scenario> extends fc.Arbitrary<infer Given> ? Given : never;

/** Plays a scenario, stops all faults, waits, and compares the store with the server. */
const converges = async ({ events, fates, answers }: Scenario, withinMs: number): Promise<void> => {
  const clock = new VirtualClock();
  const server = new FakeApiServer();
  const random = seededRandom(events.length);
  const client = createKubeClient({ transport: server, clock, random });
  const project = (pod: KubeObject) => pod.metadata.resourceVersion;
  const reflector = new Reflector({ client, clock, random, resource: RESOURCES.pod, project, indexes: {} });
  let turn = 0;
  server.intercept = () => {
    const given = answers[turn++ % answers.length];
    if (given === 'broken') return new Error('connect ECONNREFUSED');
    return given === undefined ? undefined : status(given, 'Scripted', 'scripted');
  };
  const seen: Line[] = [];
  const late: Line[] = [];
  server.mangle = (line) => {
    seen.push(line);
    switch (fates[turn++ % fates.length]) {
      case 'lose':
        return [];
      case 'repeat':
        return [line, ...seen.slice(-4, -1)];
      case 'delay':
        late.push(line);
        return [];
      default:
        return [line, ...late.splice(0)];
    }
  };
  reflector.start();
  for (const now of events) {
    if (now.do === 'put') server.put(PODS, { metadata: { name: now.name } });
    else if (now.do === 'remove') server.remove(PODS, now.name);
    else if (now.do === 'pass') await clock.advance(now.ms);
    else if (now.do === 'compact') server.compact();
    else if (now.do === 'bookmark') server.bookmark();
    else if (now.do === 'garbage') server.send({ type: 'ADDED', object: 'garbage' });
    else if (now.do === 'gone') server.send({ type: 'ERROR', object: { code: 410 } });
    else server.endWatches(now.do === 'break' ? new Error('broken') : undefined);
  }
  server.intercept = () => undefined;
  server.mangle = (line) => [line];
  await clock.advance(withinMs);

  assert.equal(reflector.health().state, 'watching');
  const wanted = server
    .names(PODS)
    .map((pod) => [pod, stringAt(server.object(`${PODS}/${pod}`), 'metadata', 'resourceVersion')]);
  assert.deepEqual(
    Object.fromEntries(wanted.map(([pod = '']) => [pod, reflector.store.get(pod)])),
    Object.fromEntries(wanted),
  );
  assert.equal(reflector.store.size(), wanted.length);
  await reflector.stop();
};

test('comes to the state of the server soon after disconnects, 410s, refusals and repeated events', async () => {
  const property = fc.asyncProperty(scenario(['deliver', 'repeat']), (given) => converges(given, 90_000));
  await fc.assert(property, { numRuns });
});

test('comes to the state of the server by its next full list when events are lost or reordered', async () => {
  // At most 37.5 minutes until a list is due, and a watch to end before it.
  const fates = ['deliver', 'repeat', 'lose', 'delay'] as const;
  const property = fc.asyncProperty(scenario(fates), (given) => converges(given, 50 * 60_000));
  await fc.assert(property, { numRuns });
});
