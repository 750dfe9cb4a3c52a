import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CanaryStatus } from '#src/api/canary-status.ts';
import type { Webhook } from '#src/api/webhook.ts';
import { HOOK_TYPES } from '#src/api/words.ts';
import type { Decision } from '#src/rollout/decision.ts';
import type { HookEffect } from '#src/rollout/effect.ts';
import { SPEC } from '../rollout/an-observed.ts';
import type { Happening, Story } from '../rollout/story.ts';
import { World } from '../rollout/world.ts';

const deep = process.env['SERIN_DEEP'] !== undefined;

type Call = {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly at: number;
};

/** How a hook behaves: the answers to its calls, the last one for good, and how long they take. */
type Behaviour = { readonly answers: readonly boolean[]; readonly ms: number };
type Hooked = { readonly hook: Webhook; readonly behaviour: Behaviour };

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  answers: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
  ms: fc.constantFrom(0, 500, 9_000, 25_000),
});
const hooked: fc.Arbitrary<Hooked> = fc
  .record({ type: fc.constantFrom(...HOOK_TYPES), behaviour, number: fc.integer({ min: 0, max: 99 }) })
  .map(({ type, behaviour: behaves, number }) => ({
    hook: {
      name: `${type}-${number}`,
      type,
      url: `http://hooks.test/${number}`,
      // A day of polls would be all that these worlds see.
      ...(type.startsWith('confirm-') ? { deadline: '2m' } : {}),
    },
    behaviour: behaves,
  }));
const hooks = fc.uniqueArray(hooked, { maxLength: 6, selector: ({ hook }) => hook.name });

const at = fc.integer({ min: 0, max: 200 }).map((seconds) => seconds * 1_000);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ at, type: fc.constant('push' as const), revision: fc.constantFrom('v1', 'v2', 'v3') }),
  },
  fc.record({ at, type: fc.constantFrom('evict' as const, 'restart' as const) }),
  fc.record({
    at,
    type: fc.constant('act' as const),
    verb: fc.constantFrom(
      'pause' as const,
      'resume' as const,
      'promote' as const,
      'promoteFull' as const,
      'abort' as const,
    ),
  }),
);
const verdicts = fc.array(fc.constantFrom('pass' as const, 'pass' as const, 'fail' as const, 'noData' as const), {
  maxLength: 8,
});
const story = fc.record({
  hooks,
  happenings: fc.array(happening, { maxLength: 5 }),
  verdicts: fc.record({ v2: verdicts, v3: verdicts }),
  crashes: fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { maxLength: 4 }),
});

const play = (told: { readonly hooks: readonly Hooked[] } & Pick<Story, 'happenings' | 'verdicts' | 'crashes'>) => {
  const calls: Call[] = [];
  const { analysis } = SPEC;
  const world = new World({
    ...told,
    happenings: [{ at: 5_000, type: 'push', revision: 'v2' }, ...(told.happenings ?? [])],
    spec: { ...SPEC, analysis: { ...analysis, webhooks: told.hooks.map(({ hook }) => ({ ...hook })) } },
    hooks: ({ id, key, hook: { name, type } }: HookEffect, now: number) => {
      calls.push({ id, key, name, type, at: now });
      const { answers, ms } = told.hooks.find(({ hook }) => hook.name === name)?.behaviour ?? {
        answers: [true],
        ms: 0,
      };
      const asked = new Set(calls.filter((call) => call.name === name).map((call) => call.key)).size;
      return { passed: answers[Math.min(asked, answers.length) - 1] ?? true, ms };
    },
  });
  world.settle(6_000);
  return { world, calls };
};

type Seen = { readonly before: CanaryStatus; readonly decision: Decision };

const isOpen = (status: CanaryStatus, { name }: Webhook): boolean =>
  status.run?.gates?.some((gate) => gate.name === name && (gate.state === 'Open' || gate.state === 'Approved')) ===
  true;

/** What a decision does although a gate of the run is not open. */
const pastGates = ({ before, decision }: Seen, told: readonly Hooked[]): readonly string[] => {
  const { status, after } = decision;
  const { run } = status;
  if (run === undefined || run.outcome !== undefined) return [];
  const shut = (type: string): readonly string[] =>
    told.filter(({ hook }) => hook.type === type && !isOpen(status, hook)).map(({ hook }) => hook.name);
  const starts = after.some((action) => action.type === 'applyCanary' && action.revision === run.revision);
  const rises = run.stage === 'shifting' && run.weight.set > (before.run?.id === run.id ? before.run.weight.set : 0);
  const begins = run.stage === 'promoting' && before.run?.stage !== 'promoting' && run.cause === undefined;
  return [
    ...(starts ? shut('confirm-rollout') : []),
    ...(rises ? shut('confirm-traffic-increase') : []),
    ...(begins ? shut('confirm-promotion') : []),
    ...(rises && run.restarts === undefined
      ? told
          .filter(({ hook }) => hook.type === 'pre-rollout')
          .filter(({ hook }) => run.hooks?.some(({ name, passed }) => name === hook.name && passed) !== true)
          .map(({ hook }) => hook.name)
      : []),
  ];
};

test('whatever hooks answer, however late: nothing goes past a gate, no call is taken for another, and every run ends', () => {
  let called = 0;
  let waited = 0;
  fc.assert(
    fc.property(story, (told) => {
      const { world, calls } = play(told);
      called += calls.length;
      assert.deepEqual(world.violations, []);

      let before: CanaryStatus = { conditions: [], quarantine: [], outbox: [], history: [] };
      for (const decision of world.decisions) {
        assert.deepEqual(pastGates({ before, decision }, told.hooks), []);
        before = decision.status;
      }
      // At its deadline a gate ends the run, so that only a pause or missing evidence keeps one going.
      const { run } = world.status;
      assert.ok(run === undefined || run.paused !== undefined || run.noDataSince !== undefined, run?.next?.action);

      for (const call of calls) {
        for (const other of calls) assert.equal(call.id === other.id, call.key === other.key);
      }
      const notes = world.decisions.flatMap(({ events }) => events.filter(({ reason }) => reason === 'GateWaiting'));
      waited += notes.length;
      // A decision that was never stored is told by nobody.
      if ((told.crashes ?? []).length > 0) return;
      const come = new Set(
        world.decisions.flatMap(({ status }) =>
          (status.run?.gates ?? []).map(({ name, since }) => `${status.run?.id} ${name} ${since}`),
        ),
      );
      assert.ok(notes.length <= come.size, 'a gate is told once for each time that a run comes to it');
    }),
    { numRuns: deep ? 5_000 : 60, seed: 20_261_121 },
  );
  assert.ok(called > 300 && waited > 10, `${called} calls, ${waited} gates that were waited at`);
});
