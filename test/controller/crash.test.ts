import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Crash, type Played, play } from '#test/harness/play.ts';
import { STORIES } from '#test/harness/stories.ts';

// Perturbed after Sieve (Sun et al., OSDI 2022): the controller dies after each of its writes, a new one takes over, and
// the end must be the one of the world in which nothing happened.

/** Everywhere in `npm run test:deep`; else at every so many-th write, elsewhere in each story. */
const STRIDE = process.env['SERIN_DEEP'] === undefined ? 13 : 1;

/** Every place where a controller of so many writes may die: after each write, without and with its answer. */
const crashes = (writes: number): readonly Crash[] =>
  Array.from({ length: writes }, (_, index) => [
    { writes: index + 1, answered: false },
    { writes: index + 1, answered: true },
  ]).flat();

const assertSameEnd = (played: Played, unperturbed: Played): void => {
  assert.ok(played.crashed, 'the crash happened');
  assert.deepEqual(played.end, unperturbed.end);
  assert.deepEqual(played.broken, []);
  assert.equal(played.lost, 0);
  assert.equal(played.told.size, unperturbed.told.size, 'what is told again is told under the same id');
  assert.ok(Math.max(0, ...played.told.values()) <= 2, 'one crash repeats a message once');
};

const explore = async (t: TestContext, index: number): Promise<void> => {
  const story = STORIES[index];
  if (story === undefined) throw new RangeError(`Cannot play story ${index}: there are ${STORIES.length}`);
  const unperturbed = await play(story);
  assert.deepEqual(unperturbed.broken, []);
  assert.equal(unperturbed.lost, 0);
  assert.ok(Math.max(0, ...unperturbed.told.values()) <= 1, 'nothing is told twice');
  const all = crashes(unperturbed.writes);
  const chosen = all.filter((_, at) => (at + index) % STRIDE === 0);
  const failed: string[] = [];
  for (const crash of chosen) {
    try {
      assertSameEnd(await play(story, crash), unperturbed);
    } catch (error) {
      failed.push(`after write ${crash.writes}${crash.answered ? ', answered' : ''}: ${String(error)}`);
    }
  }
  t.diagnostic(`${chosen.length} of ${all.length} crashes of ${story.name}`);
  assert.deepEqual(failed, []);
};

for (const [index, story] of STORIES.entries()) {
  test(`${story.name} comes to the same end wherever the controller dies`, (t) => explore(t, index));
}
