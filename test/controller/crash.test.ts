import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageOf } from '#src/lib/message-of.ts';
import { type Crash, type Played, play, unperturbed } from '#test/harness/play.ts';
import { MORE_STORIES, STORIES } from '#test/harness/stories.ts';

// After Sieve (Sun et al., OSDI 2022): the controller dies after each of its writes, a new one takes over, and the end
// must be that of the world in which nothing happened.

const deep = process.env['SERIN_DEEP'] !== undefined;
/** Every place in `npm run test:deep`; else one of so many, others in each story. */
const STRIDE = deep ? 1 : 31;

/** Every place where a controller of so many writes may die: after each write, without and with its answer. */
const crashes = (writes: number): readonly Crash[] =>
  Array.from({ length: writes }, (_, index) => [
    { writes: index + 1, answered: false },
    { writes: index + 1, answered: true },
  ]).flat();

const assertSameEnd = (played: Played, wanted: Played): void => {
  assert.ok(played.crashed, 'the crash happened');
  assert.deepEqual(played.end, wanted.end);
  assert.deepEqual(played.broken, []);
  assert.equal(played.lost, 0, 'no request is lost');
  assert.equal(played.told.size, wanted.told.size, 'what is told again is told under the same id');
  assert.ok(Math.max(0, ...played.told.values()) <= 2, 'one crash repeats a message once');
};

for (const [index, story] of [...STORIES, ...(deep ? MORE_STORIES : [])].entries()) {
  test(`${story.name} comes to the same end wherever the controller dies`, async (t) => {
    const wanted = await unperturbed(story);
    assert.deepEqual(wanted.broken, []);
    assert.equal(wanted.lost, 0, 'no request is lost');
    assert.ok(Math.max(0, ...wanted.told.values()) <= 1, 'nothing is told twice');

    const all = crashes(wanted.writes);
    const chosen = all.filter((_, place) => (place + index) % STRIDE === 0);
    const failed: string[] = [];
    for (const crash of chosen) {
      try {
        assertSameEnd(await play(story, { crash }), wanted);
      } catch (error) {
        failed.push(`after write ${crash.writes}${crash.answered ? ', answered' : ''}: ${messageOf(error)}`);
      }
    }
    t.diagnostic(`${chosen.length} of ${all.length} places to crash in ${story.name}`);
    assert.deepEqual(failed, []);
  });
}
