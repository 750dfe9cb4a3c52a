import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '#src/api/problem.ts';
import { repositorySpec } from '#src/api/repository.ts';
import { GitInspections } from '#src/controller/git-inspections.ts';
import { GitError } from '#src/git/git-error.ts';
import { repositoryAccess } from '#src/git/repository-access.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { anInspection } from '../git/operation.ts';

const AMBIGUOUS: Problem = { where: 'spec.git.path', message: 'it stands in two files', reason: 'GitRefused' };
const ACCESS = repositoryAccess(repositorySpec.parse({ url: 'https://git.example.com/config.git' }), {});

/** An inspector whose Git answers as `answer` says. */
const inspector = (answer: (path: string, asked: number) => readonly Problem[] | GitError) => {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const known: string[] = [];
  const errors: unknown[] = [];
  let opened = 0;
  const inspections = new GitInspections({
    clock,
    random: () => 0.5,
    access: async () => {
      opened++;
      return ACCESS;
    },
    inspect: async ({ path }) => {
      asked.push(path);
      const found = answer(path, asked.length);
      if (found instanceof GitError) throw found;
      return found;
    },
    onKnown: (canary) => known.push(canary),
    onError: (_, error) => errors.push(error),
  });
  inspections.start();
  const problemsOf = (canary: string, options: { readonly path?: string; readonly version?: string } = {}) => {
    const { path = canary, version = '1' } = options;
    return inspections.problemsOf(canary, { inspection: anInspection({ path }), version });
  };
  return { clock, inspections, problemsOf, asked, known, errors, opened: () => opened };
};

test('knows nothing at first, then the problems, and says so once', async () => {
  const { clock, problemsOf, known } = inspector(() => [AMBIGUOUS]);
  assert.deepEqual(problemsOf('a'), []);
  await clock.settle();
  assert.deepEqual(problemsOf('a'), [AMBIGUOUS]);
  await clock.advance(300_000);
  assert.deepEqual(known, ['a']);
});

test('where nothing is wrong it asks once, until something changes', async () => {
  const { clock, problemsOf, asked, known } = inspector(() => []);
  for (let look = 0; look < 5; look++) {
    problemsOf('a');
    await clock.advance(100_000);
  }
  assert.deepEqual(asked, ['a']);
  problemsOf('a', { path: 'b' });
  await clock.settle();
  problemsOf('a', { path: 'b', version: '2' });
  await clock.settle();
  assert.deepEqual([asked, known], [['a', 'b', 'b'], []]);
});

test('asks again where something is wrong, and forgets it when it is mended', async () => {
  const { clock, problemsOf, asked, known } = inspector((_, count) => (count < 3 ? [AMBIGUOUS] : []));
  problemsOf('a');
  await clock.advance(119_999);
  assert.deepEqual([asked.length, problemsOf('a')], [2, [AMBIGUOUS]]);
  await clock.advance(600_000);
  assert.deepEqual([asked.length, problemsOf('a'), known], [3, [], ['a', 'a']]);
});

test('old problems stand while changed inputs are looked at', async () => {
  const { clock, problemsOf } = inspector((path) => (path === 'right' ? [] : [AMBIGUOUS]));
  problemsOf('a');
  await clock.settle();
  assert.deepEqual(problemsOf('a', { path: 'other' }), [AMBIGUOUS]);
  assert.deepEqual(problemsOf('a', { path: 'right' }), [AMBIGUOUS]);
  await clock.settle();
  assert.deepEqual(problemsOf('a', { path: 'right' }), []);
});

test('a host that is away is no problem; it is asked again, ever less often', async () => {
  const { clock, problemsOf, asked, errors, known } = inspector((_, count) =>
    count < 5 ? new GitError('network', 'away') : [AMBIGUOUS],
  );
  problemsOf('a');
  const times: number[] = [];
  while (asked.length < 5) {
    await clock.until(() => asked.length > times.length, 60_000);
    times.push(clock.monotonic());
    if (asked.length < 5) assert.deepEqual(problemsOf('a'), []);
  }
  assert.deepEqual(times, [0, 750, 2250, 5250, 11_250]);
  await clock.settle();
  assert.deepEqual([errors.length, known, problemsOf('a')], [4, ['a'], [AMBIGUOUS]]);
});

test('while the host is away known problems stand; those of other inputs do not', async () => {
  let away = false;
  const { clock, problemsOf, known } = inspector(() => (away ? new GitError('network', 'away') : [AMBIGUOUS]));
  problemsOf('a');
  await clock.settle();
  away = true;
  await clock.advance(200_000);
  assert.deepEqual(problemsOf('a'), [AMBIGUOUS]);
  problemsOf('a', { version: '2' });
  await clock.settle();
  assert.deepEqual([problemsOf('a', { version: '2' }), known], [[], ['a', 'a']]);
});

test('a Repository that cannot be used is a problem of all its Canaries', async () => {
  const { clock, problemsOf } = inspector(() => new GitError('auth', 'Cannot log in'));
  problemsOf('a');
  problemsOf('b');
  await clock.settle();
  const problem = { where: 'Repository shop/config', message: 'Cannot log in', reason: 'GitRefused' };
  assert.deepEqual([problemsOf('a'), problemsOf('b')], [[problem], [problem]]);
});

test('all who wait for one Repository are served with one reading of its Secrets', async () => {
  const { clock, problemsOf, asked, opened } = inspector(() => []);
  for (let index = 0; index < 50; index++) problemsOf(`canary-${index}`);
  await clock.settle();
  assert.deepEqual([asked.length, opened()], [50, 1]);
});

test('what is forgotten is not asked for again, and whoever is gone is not woken', async () => {
  const { clock, inspections, problemsOf, asked, known } = inspector(() => [AMBIGUOUS]);
  problemsOf('a');
  inspections.forget('a');
  await clock.advance(200_000);
  assert.deepEqual([asked, known], [[], []]);
});

test('asks nothing any more once it is stopped', async () => {
  const { clock, inspections, problemsOf, asked } = inspector(() => [AMBIGUOUS]);
  problemsOf('a');
  await clock.settle();
  await inspections.stop();
  problemsOf('b');
  await clock.advance(200_000);
  assert.deepEqual(asked, ['a']);
});
