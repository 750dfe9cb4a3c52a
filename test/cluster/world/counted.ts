import assert from 'node:assert/strict';
import type { LoadCount } from '#src/sandbox/load/load-count.ts';
import type { Users } from './users.ts';

/** What the users of an application counted while something happened. */
export type Counted<T> = { readonly result: T; readonly quick: LoadCount; readonly slow: LoadCount };

export const counted = async <T>({ quick, slow }: Users, work: () => Promise<T>): Promise<Counted<T>> => {
  const before = { quick: quick.snapshot(), slow: slow.snapshot() };
  const result = await work();
  return { result, quick: quick.since(before.quick), slow: slow.since(before.slow) };
};

/** Throws with the last failures in words, when there are any. */
export const assertNoneFailed = (users: Users, { quick, slow }: Omit<Counted<unknown>, 'result'>): void => {
  const words = users.failures().slice(-10).join('\n');
  assert.equal(quick.failures, 0, `${quick.failures} of ${quick.requests} requests failed:\n${words}`);
  assert.equal(slow.failures, 0, `${slow.failures} of ${slow.requests} slow requests failed:\n${words}`);
};
