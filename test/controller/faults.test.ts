import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#src/lib/random.ts';
import { type Fault, type FaultPlan, isWrite, randomFaults } from '#src/sandbox/faults/fault.ts';
import { type Played, play, unperturbed } from '#test/harness/play.ts';
import { MORE_STORIES, STORIES } from '#test/harness/stories.ts';

// The same stories while the way to the API server is bad: each must come to the end that it has on a good day.

const deep = process.env['SERIN_DEEP'] !== undefined;

type Day = { readonly rate: number; readonly faults: readonly Fault[]; readonly only?: 'writes' | 'reads' };

const DAYS: Readonly<Record<string, Day>> = {
  'conflicting writes': { rate: 0.3, faults: [{ type: 'refuse', status: 409 }], only: 'writes' },
  'a busy or broken server': {
    rate: 0.2,
    faults: [
      { type: 'refuse', status: 429, retryAfterSeconds: 1 },
      { type: 'refuse', status: 429 },
      { type: 'refuse', status: 500 },
      { type: 'refuse', status: 503 },
    ],
  },
  'lost requests and lost answers': { rate: 0.2, faults: [{ type: 'drop' }, { type: 'loseAnswer' }] },
  'watches that end, lose their place or repeat': {
    rate: 0.5,
    faults: [{ type: 'cut', afterEvents: 3 }, { type: 'refuse', status: 410 }, { type: 'duplicate' }],
    only: 'reads',
  },
  'stale caches': { rate: 0.7, faults: [{ type: 'delayEvents', ms: 2_000 }], only: 'reads' },
  'slow answers': {
    rate: 0.3,
    faults: [
      { type: 'delay', ms: 900 },
      { type: 'delayAnswer', ms: 900 },
    ],
  },
};

const planOf = ({ rate, faults, only }: Day, seed: number): FaultPlan => {
  const plan = randomFaults(seededRandom(seed), { rate, faults });
  const meets = { writes: true, reads: false };
  return (request, index) =>
    only === undefined || isWrite(request) === meets[only] ? plan(request, index) : undefined;
};

const assertSameEnd = (played: Played, wanted: Played): void => {
  assert.deepEqual(played.end, wanted.end);
  assert.deepEqual(played.broken, []);
  assert.equal(played.lost, 0, 'no request is lost');
};

for (const [number, [name, day]] of Object.entries(DAYS).entries()) {
  // `npm test` plays one story on each day, `npm run test:deep` every one, several times.
  for (const [index, story] of [...STORIES, ...(deep ? MORE_STORIES : [])].entries()) {
    const seeds = deep ? [1, 2, 3] : index === (number + 1) % STORIES.length ? [1] : [];
    for (const seed of seeds) {
      test(`${story.name}, on a day with ${name} (seed ${seed})`, async () => {
        const played = await play(story, { faults: planOf(day, 100 * index + seed) });
        assert.ok(played.faults > 0, 'something went wrong');
        assertSameEnd(played, await unperturbed(story));
        assert.ok(Math.max(0, ...played.told.values()) <= 1, 'nothing is told twice without a crash');
      });
    }
  }
}

for (const story of deep ? STORIES : STORIES.slice(2, 4)) {
  test(`${story.name}, with two controllers that act at once`, async () => {
    assertSameEnd(await play(story, { rival: true }), await unperturbed(story));
  });
}
